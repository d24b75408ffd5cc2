// Adds a filter to the list of runs. The list reads the same without it.
"use strict";
(() => {
  const box = document.getElementById("filter");
  box.closest("p").hidden = false;
  const rows = [...document.querySelectorAll("table.runs tbody tr")];
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
})();
