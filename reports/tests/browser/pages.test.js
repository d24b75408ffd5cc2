// What holds for every page, of examples and of real runs: nothing from elsewhere, legible, nothing out of reach on a phone,
// reachable by keyboard, named pictures, few printed pages. See README.md.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import * as tools from "./browser.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { shot } = tools;
let browser;
before(async () => { browser = await tools.launch(); });
after(async () => { await browser?.close(); });
const open = (name, options) => tools.open(browser, name, options);
const unfolded = (page) => page.evaluate(() => { for (const d of document.querySelectorAll("details")) d.open = true; });

/** The most printed pages: of a valid run, of a failing one, of a suite, of everything else. */
const LEAVES = { valid: 6, failing: 10, suite: 20, other: 20 };

/** Text on its nearest painted ground, by WCAG 2.1. */
const contrasts = (page) => page.evaluate(() => {
  const channel = (v) => { const s = v / 255; return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; };
  const parse = (c) => (c.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (e) => { for (let n = e; n; n = n.parentElement) { const c = parse(getComputedStyle(n).backgroundColor); if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll("h1 .word, h2, p, td, th, code, .chip, .tiles dt, figcaption")].filter((e) => e.getClientRects().length && e.textContent.trim()).map((e) => {
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    return { ratio: (a + 0.05) / (b + 0.05), text: e.textContent.trim().slice(0, 40) };
  }).filter((c) => c.ratio < 4.5);
});

/** Boxes whose content runs over their border, and regions that scroll but cannot be focused or have no name. */
const layout = (page) => page.evaluate(() => {
  const wrong = [];
  const say = (e, why) => wrong.push(`${why}: ${e.outerHTML.slice(0, 120)}`);
  const scrolls = (e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  for (const e of document.querySelectorAll("body *")) {
    if (!e.getClientRects().length || e.closest("svg") || e.scrollWidth <= e.clientWidth + 1 || !e.clientWidth) continue;
    if (scrolls(e)) {
      const name = e.getAttribute("aria-label") || e.getAttribute("aria-labelledby");
      if (e.matches("nav ul")) continue;
      if (e.tabIndex !== 0 || !name) say(e, "scrolls without a focus or a name");
    } else if (!e.closest(".scroll, pre") && getComputedStyle(e).display !== "inline" && !e.matches(".skip, .names, .names span")) {
      say(e, "runs over its border");
    }
  }
  return wrong;
});

/** The innermost element that reaches beyond the screen. */
const widest = (page) => page.evaluate(() => [...document.querySelectorAll("body *")]
  .filter((e) => !e.closest(".scroll *, svg, .skip") && e.getBoundingClientRect().right > innerWidth + 1).pop()?.outerHTML.slice(0, 120));

/** Pictures without a name that says what they show. */
const unnamed = (page) => page.evaluate(() => [...document.querySelectorAll("svg")]
  .filter((e) => e.getClientRects().length && !e.closest("[aria-hidden=true]"))
  .map((e) => e.closest("[role=img]")?.getAttribute("aria-label") ?? `no name: ${e.outerHTML.slice(0, 90)}`)
  .filter((name) => name.startsWith("no name") || name.trim().split(/\s+/).length < 3));

for (const name of tools.all()) {
  describe(name, () => {
    test("makes no request and no complaint, has one title, and every link lands", async () => {
      const { page, seen, close } = await open(name);
      await page.waitForTimeout(200);
      assert.deepEqual(seen, { requests: [], errors: [] });
      assert.equal(await page.locator("h1").count(), 1);
      const lost = await page.evaluate(() => [...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href"))
        .filter((h) => (h.startsWith("#") ? !document.getElementById(h.slice(1)) : !/^\.\.?\//.test(h))));
      assert.deepEqual(lost, []);
      await close();
    });

    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1280, 400]) {
        test(`is legible, reachable and named in ${colorScheme} at ${width} px; axe finds nothing serious`, async () => {
          const { page, close } = await open(name, { colorScheme, bypassCSP: true, viewport: { width, height: 800 } });
          await shot(page, `${name}-${colorScheme}-${width}`);
          const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
          assert.equal(background, colorScheme === "dark" ? "rgb(20, 23, 26)" : "rgb(255, 255, 255)");
          assert.deepEqual(await contrasts(page), []);
          await unfolded(page);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${wide} px wide: ${await widest(page)}`);
          assert.deepEqual(await layout(page), []);
          assert.deepEqual(await unnamed(page), []);
          await page.evaluate(axe);
          const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
          const serious = found.violations.filter((v) => ["serious", "critical"].includes(v.impact))
            .map((v) => `${v.id} (${v.nodes.length}): ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
          assert.deepEqual(serious, []);
          await close();
        });
      }
    }

    // Of an incident the table of before and after comes first: its left column is meant to fail.
    test("the first failure stands on the first screen", async () => {
      const { page, close } = await open(name, { viewport: { width: 1280, height: 800 } });
      const top = await page.evaluate(() => (document.getElementById("incident") ?? document.getElementById("f1"))?.getBoundingClientRect().top ?? 0);
      assert.ok(top < 640, `${top} px`);
      await close();
    });

    test("reads without scripts", async () => {
      const { page, close } = await open(name, { javaScriptEnabled: false });
      assert.ok(await page.locator("h1").isVisible());
      assert.equal(await page.locator(".controls:visible, button:visible").count(), 0);
      await close();
    });

    test("prints on few pages", async () => {
      const { page, close } = await open(name);
      const kind = await page.evaluate(() => {
        const [runs, head] = [document.querySelectorAll("section.scenario").length, document.querySelector("header.verdict")];
        if (runs === 0 || !head) return "other";
        if (runs > 1) return "suite";
        return head.matches(".valid") ? "valid" : "failing";
      });
      const leaves = await tools.leaves(page, name);
      assert.ok(leaves >= 1 && leaves <= LEAVES[kind], `${leaves} pages of a page that is ${kind}`);
      await close();
    });
  });
}
