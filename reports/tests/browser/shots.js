// Draws the pictures of the README from pages and terminal output of real runs, always in the same size and in light colours:
//   node shots.js PAGES OUT
// PAGES has valid.html, invalid.html and terminal.txt, as `.ci/full gallery` writes them.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { AnsiUp } from "ansi_up";
import { chromium } from "playwright-core";

const [from, to] = process.argv.slice(2);
if (!from || !to) {
  console.error("usage: node shots.js PAGES OUT");
  process.exit(254);
}
/** All pictures together. */
const BYTES_MAX = 400_000;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
let bytes = 0;

/** One picture. */
const draw = async (name, address, viewport, prepare) => {
  const context = await browser.newContext({ viewport, colorScheme: "light", reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(address);
  await prepare?.(page);
  const file = path.join(to, name);
  await page.screenshot({ path: file });
  bytes += statSync(file).size;
  await context.close();
};

const page = (name) => pathToFileURL(path.resolve(from, name)).href;
await draw("report-invalid.png", page("invalid.html"), { width: 1180, height: 820 });
await draw("report-valid.png", page("valid.html"), { width: 1180, height: 620 });

const text = readFileSync(path.join(from, "terminal.txt"), "utf8").replaceAll("\r", "").trimEnd();
const colours = new AnsiUp();
colours.use_classes = true;
const lines = text.split("\n").length;
const html = `<!doctype html><meta charset="utf-8"><title>terminal</title><style>
  body { margin: 0; background: #fff; }
  pre { margin: 0; padding: 14px 18px; font: 13px/1.4 "DejaVu Sans Mono", "Liberation Mono", monospace; color: #1b1f23; white-space: pre-wrap; overflow-wrap: anywhere; }
  .ansi-red-fg, .ansi-bright-red-fg { color: #ab3c00; } .ansi-green-fg, .ansi-bright-green-fg { color: #00694c; }
  .ansi-yellow-fg, .ansi-bright-yellow-fg { color: #805300; } .ansi-cyan-fg, .ansi-blue-fg { color: #0b5c8f; }
</style><pre>${colours.ansi_to_html(text.replaceAll("--", "\u2011\u2011"))}</pre>`;
const made = path.join(from, "terminal.html");
writeFileSync(made, html);
await draw("terminal.png", pathToFileURL(path.resolve(made)).href, { width: 980, height: 200 }, async (opened) => {
  const height = await opened.evaluate(() => document.documentElement.scrollHeight);
  await opened.setViewportSize({ width: 980, height });
});
await browser.close();
console.log(`${bytes} bytes in three pictures, ${lines} lines of terminal`);
if (bytes > BYTES_MAX) {
  console.error(`the pictures have more than ${BYTES_MAX} bytes together`);
  process.exit(1);
}
