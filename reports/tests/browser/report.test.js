// The report before a real browser. See README.md for how to run it.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const here = path.dirname(fileURLToPath(import.meta.url));
const pages = path.resolve(process.env.REPORTS_PAGES ?? path.join(here, "../../../target/report"));
const shots = process.env.REPORTS_SHOTS;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const all = ["demo.html", "suite.html", "demo.index.html", "demo.compare.html"];

let browser;
before(async () => {
  for (const name of all) assert.ok(existsSync(path.join(pages, name)), `${name} is missing in ${pages}: see README.md`);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(async () => { await browser?.close(); });

/** Opens a page; whatever it fetches or complains of is kept. */
const open = async (name, { hash = "", ...options } = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const address = pathToFileURL(path.join(pages, name)).href;
  const seen = { requests: [], errors: [] };
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== address) seen.requests.push(request.url());
  });
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) seen.errors.push(message.text()); });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  await page.goto(address + hash);
  return { page, seen, close: () => context.close() };
};

const shot = async (page, name, options = {}) => {
  if (shots) await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true, ...options });
};

const inView = (page, id) => page.evaluate((id) => {
  const box = document.getElementById(id).getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight && box.width > 0;
}, id);

describe("a page from file://", () => {
  for (const name of all) {
    test(`${name} makes no request and no complaint`, async () => {
      const { page, seen, close } = await open(name);
      await page.waitForTimeout(200);
      assert.deepEqual(seen, { requests: [], errors: [] });
      assert.equal(await page.locator("h1").count(), 1);
      await close();
    });
  }

  test("a request would be refused by the page's own policy", async () => {
    const { page, close } = await open("demo.html");
    const refused = await page.evaluate(() => fetch("http://127.0.0.1:9/").then(() => "sent", (error) => String(error)));
    assert.match(refused, /Failed to fetch|Refused/);
    const violated = await page.evaluate(() => new Promise((done) => {
      document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective));
      const image = new Image();
      image.src = "http://127.0.0.1:9/x.png";
    }));
    assert.equal(violated, "img-src");
    await close();
  });

  test("without scripts everything is there but the controls", async () => {
    const { page, close } = await open("demo.html", { javaScriptEnabled: false });
    assert.ok(await page.locator("svg.timeline").first().isVisible());
    assert.ok(await page.locator("#f1").isVisible());
    assert.equal(await page.locator(".controls:visible, button:visible").count(), 0);
    await shot(page, "no-script");
    await close();
  });
});

describe("links", () => {
  test("every failure card's link lands on its mark", async () => {
    const { page, close } = await open("demo.html");
    const targets = await page.locator("a.to-timeline").evaluateAll((links) => links.map((a) => a.getAttribute("href").slice(1)));
    assert.ok(targets.length >= 4, `${targets.length} links`);
    for (const id of targets) {
      await page.evaluate((id) => { for (const d of document.querySelectorAll("details")) d.open = true; location.hash = ""; return id; }, id);
      await page.locator(`a.to-timeline[href="#${id}"]`).click();
      await page.waitForTimeout(700);
      assert.ok(await inView(page, id), `${id} is in view`);
      assert.ok(await page.locator(`#${id}.selected`).count(), `${id} is selected`);
    }
    await close();
  });

  test("an operation of the evidence lands on its bar, and the address keeps it", async () => {
    const { page, close } = await open("demo.html");
    await page.locator('#f1 table.evidence a[href="#w1-o18820"]').first().click();
    await page.waitForTimeout(700);
    assert.ok(await inView(page, "w1-o18820"));
    assert.match(await page.locator("#w1 .record").textContent(), /18820 append t0\/0 3-17/);
    assert.ok(page.url().endsWith("#w1-o18820"));
    await close();
    const again = await open("demo.html", { hash: "#w1-o18820" });
    await again.page.waitForTimeout(700);
    assert.ok(await again.page.locator("#w1-o18820.selected").count(), "a deep link selects");
    assert.ok(await inView(again.page, "w1-o18820"));
    await again.close();
  });

  test("a link into closed details opens them", async () => {
    const { page, close } = await open("demo.html", { hash: "#f1-2" });
    await page.waitForTimeout(700);
    assert.ok(await inView(page, "f1-2"));
    await close();
  });

  test("every link of the page lands", async () => {
    for (const name of ["demo.html", "suite.html", "demo.compare.html"]) {
      const { page, close } = await open(name);
      const lost = await page.evaluate(() => [...document.querySelectorAll("a[href]")]
        .map((a) => a.getAttribute("href")).filter((h) => !h.startsWith("#") || !document.getElementById(h.slice(1))));
      assert.deepEqual(lost, [], name);
      await close();
    }
  });
});

describe("the timeline by keyboard", () => {
  const selected = (page) => page.evaluate(() => document.querySelector("#w1 .selected")?.id ?? null);
  const ticks = (page) => page.locator("#w1 svg.timeline g.time text").evaluateAll((t) => t.map((e) => e.textContent));

  test("arrows walk through what proves the failure, j through the failures", async () => {
    const { page, close } = await open("demo.html");
    await page.locator("#w1 .scroll").focus();
    const order = [];
    for (let n = 0; n < 4; n += 1) {
      await page.keyboard.press("ArrowRight");
      order.push(await selected(page));
    }
    assert.deepEqual(order, ["w1-o18820", "w1-o18826", "w1-o18832", "w1-o18820"]);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await selected(page), "w1-o18832");
    await page.keyboard.press("j");
    assert.match(await selected(page), /^w1-f1/);
    await page.keyboard.press("ArrowDown");
    assert.match(await selected(page), /^w1-o\d+$/);
    await close();
  });

  test("plus, minus and 0 zoom, shift and arrows pan", async () => {
    const { page, close } = await open("demo.html");
    await page.locator("#w1 .scroll").focus();
    const whole = await ticks(page);
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    const near = await ticks(page);
    assert.notDeepEqual(near, whole);
    await page.keyboard.press("Shift+ArrowRight");
    assert.notDeepEqual(await ticks(page), near);
    await page.keyboard.press("0");
    assert.equal((await ticks(page)).length, whole.length);
    await close();
  });

  test("filters hide, buttons do what the keys do", async () => {
    const { page, close } = await open("demo.html");
    const shown = () => page.locator("#w1 svg.timeline .o:not(.filtered)").count();
    const before = await shown();
    await page.locator("#w1 select[data-filter=outcome]").selectOption("info");
    const few = await shown();
    assert.ok(few > 0 && few < before, `${few} of ${before}`);
    await page.locator("#w1 select[data-filter=partition]").selectOption({ index: 1 });
    assert.ok((await shown()) < few);
    await page.locator("#w1 button[data-do=failure]").click();
    assert.match(await selected(page), /^w1-f1/);
    await close();
  });

  test("pointing names what is under the pointer", async () => {
    const { page, close } = await open("demo.html");
    await page.locator("#w1-o18820").hover();
    assert.match(await page.locator("#w1 .record").textContent(), /18820 append/);
    await close();
  });
});

describe("the first screen", () => {
  test("the first failure stands on it", async () => {
    const { page, close } = await open("demo.html", { viewport: { width: 1280, height: 800 } });
    const top = await page.evaluate(() => document.getElementById("f1").getBoundingClientRect().top);
    assert.ok(top < 640, `${top} px`);
    await close();
  });

  test("the matrix of a suite fits 1280 px", async () => {
    const { page, close } = await open("suite.html");
    const over = await page.evaluate(() => {
      const table = document.querySelector("table.matrix");
      return table.scrollWidth - table.parentElement.clientWidth;
    });
    assert.ok(over <= 0, `${over} px too wide`);
    await close();
  });

  test("names of lanes stay in sight at 400 px", async () => {
    const { page, close } = await open("demo.html", { viewport: { width: 400, height: 800 } });
    const names = page.locator("#f1 .framed .names").first();
    await names.scrollIntoViewIfNeeded();
    const left = await names.evaluate((e) => { e.closest(".scroll").scrollLeft = 300; return e.getBoundingClientRect().left; });
    assert.ok(left >= 0 && left < 60, `${left} px`);
    await close();
  });
});

describe("renderings", () => {
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

  for (const colorScheme of ["light", "dark"]) {
    for (const name of all) {
      test(`${name} is legible in ${colorScheme}`, async () => {
        const { page, close } = await open(name, { colorScheme });
        const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        assert.equal(background, colorScheme === "dark" ? "rgb(20, 23, 26)" : "rgb(255, 255, 255)");
        assert.deepEqual(await contrasts(page), []);
        await shot(page, `${name}-${colorScheme}`);
        await close();
      });
    }
  }

  test("the button turns light to dark", async () => {
    const { page, close } = await open("demo.html", { colorScheme: "light" });
    await page.locator("#theme").click();
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(20, 23, 26)");
    await close();
  });

  for (const name of all) {
    test(`${name} does not overflow at 375 px`, async () => {
      const { page, close } = await open(name, { viewport: { width: 375, height: 800 } });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 375, `${width} px wide`);
      await shot(page, `${name}-narrow`);
      await close();
    });
  }

  test("print opens what the decision needs, in light, hides what needs a hand, and fits on ten pages", async () => {
    const { page, close } = await open("demo.html", { colorScheme: "dark" });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.equal(await page.locator("details.printed:not([open])").count(), 0);
    assert.ok(await page.locator(".sign-off").isVisible());
    assert.equal(await page.locator("details.numbers:visible").count(), 0);
    assert.equal(await page.locator("nav.bar:visible, button:visible").count(), 0);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.ok((await page.locator("details:not([open])").count()) > 0, "closed again afterwards");
    const pdf = await page.pdf({ preferCSSPageSize: true, ...(shots ? { path: path.join(shots, "demo.pdf") } : {}) });
    const leaves = (pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;
    assert.ok(leaves >= 2 && leaves <= 10, `${leaves} pages`);
    await close();
  });
});

describe("accessibility", () => {
  for (const name of all) {
    for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 400], ["dark", 400]]) {
      test(`axe finds nothing serious in ${name}, ${colorScheme}, ${width} px`, async () => {
        const { page, close } = await open(name, { colorScheme, bypassCSP: true, viewport: { width, height: 800 } });
        await page.evaluate(() => { for (const d of document.querySelectorAll("details")) d.open = true; });
        await page.evaluate(axe);
        const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        const serious = found.violations.filter((v) => ["serious", "critical"].includes(v.impact))
          .map((v) => `${v.id} (${v.nodes.length}): ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
        assert.deepEqual(serious, []);
        await close();
      });
    }
  }
});
