// Adds what needs a script: theme, copy buttons, open details. The page reads the same without it.
"use strict";
(() => {
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        const range = document.createRange();
        range.selectNodeContents(code);
        const selection = getSelection();
        selection.removeAllRanges();
        selection.addRange(range);
        document.execCommand("copy");
      }
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
  }

  // A link into closed details opens them.
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let e = target.parentElement; e; e = e.parentElement) {
      if (e.tagName === "DETAILS") e.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // Where a drawing is wider than its box, show the failure rather than the left edge.
  for (const box of document.querySelectorAll(".scroll")) {
    const frame = box.scrollWidth > box.clientWidth && box.querySelector("rect.window");
    if (!frame) continue;
    const [outer, inner] = [box.getBoundingClientRect(), frame.getBoundingClientRect()];
    box.scrollLeft += inner.left - outer.left - box.clientWidth / 3;
  }

  // Only what scrolls is a stop of the keyboard.
  const stops = () => {
    for (const box of document.querySelectorAll(".scroll:not(.player .scroll)")) {
      if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  stops();
  addEventListener("resize", stops);
  addEventListener("toggle", stops, true);

  // Print what the decision needs; afterwards close what was closed.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.printed:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
