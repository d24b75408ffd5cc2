// What the tests share: the pages, a browser, and how a page is opened.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const here = path.dirname(fileURLToPath(import.meta.url));
/** Where the pages lie. */
export const pages = path.resolve(process.env.REPORTS_PAGES ?? path.join(here, "../../../target/report"));
const shots = process.env.REPORTS_SHOTS;

/** The pages that the example writes; without them nothing is tested. */
const needed = ["demo.html", "suite.html", "demo.index.html", "demo.compare.html", "demo.calibration.html", "demo.museum.html"];
/** Every page there, those of real runs included. */
export const all = () => readdirSync(pages).filter((name) => name.endsWith(".html")).sort();

/** Starts the browser. */
export const launch = () => {
  for (const name of needed) assert.ok(existsSync(path.join(pages, name)), `${name} is missing in ${pages}: see README.md`);
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
};

/** Opens a page; whatever it fetches or complains of is kept. */
export const open = async (browser, name, { hash = "", ...options } = {}) => {
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

/** Keeps a picture if REPORTS_SHOTS asks for it. */
export const shot = async (page, name, options = {}) => {
  if (shots) await page.screenshot({ path: path.join(shots, `${name.replace(".html", "")}.png`), fullPage: true, ...options });
};

/** Whether an element is in sight. */
export const inView = (page, id) => page.evaluate((id) => {
  const box = document.getElementById(id).getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight && box.width > 0;
}, id);

/** Prints a page, and returns the number of its leaves. */
export const leaves = async (page, name) => {
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const file = shots ? { path: path.join(shots, `${name.replace(".html", "")}.pdf`) } : {};
  const pdf = await page.pdf({ preferCSSPageSize: true, ...file });
  return (pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;
};
