// What the page of a run does before a real browser: links, the timeline by keyboard, light and dark, print. See README.md.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tools from "./browser.js";

const { inView, shot } = tools;
let browser;
before(async () => { browser = await tools.launch(); });
after(async () => { await browser?.close(); });
const open = (name, options) => tools.open(browser, name, options);

describe("a page from file://", () => {
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
  test("the button turns light to dark", async () => {
    const { page, close } = await open("demo.html", { colorScheme: "light" });
    await page.locator("#theme").click();
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(20, 23, 26)");
    await close();
  });

  test("print opens what the decision needs, in light, and hides what needs a hand", async () => {
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
    await close();
  });
});
