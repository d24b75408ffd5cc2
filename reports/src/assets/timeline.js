// Makes the timelines of failing stretches move: zoom, pan, filter, walk by keyboard, and keep the selection in the
// address. Every mark holds its times in data-t (microseconds from the timeline's begin); the drawing is complete without.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const steps = [];
  for (let scale = 1e3; scale <= 1e10; scale *= 10) steps.push(scale, 2 * scale, 5 * scale);

  class Player {
    constructor(figure) {
      this.figure = figure;
      this.box = figure.querySelector(".scroll");
      this.svg = figure.querySelector("svg.timeline");
      this.record = figure.querySelector(".record");
      const data = this.svg.dataset;
      this.begin = +data.begin;
      this.length = +data.length;
      this.left = +data.left;
      this.right = +data.right;
      this.height = +data.height;
      this.view = [0, this.length];
      this.marks = [...this.svg.querySelectorAll("[data-t]")].map((element) => {
        const [from, to] = element.dataset.t.split(" ").map(Number);
        const rect = element.tagName === "g" ? element.querySelector("rect") : element;
        return { element, rect, text: element.querySelector("text"), from, to };
      });
      this.operations = this.marks.filter((m) => m.element.classList.contains("o"));
      this.operations.sort((a, b) => a.from - b.from);
      this.failures = this.marks.filter((m) => m.element.classList.contains("window"));
      this.filter = { outcome: "", partition: "" };
      this.selected = null;
      figure.querySelector(".controls").hidden = false;
      this.listen();
    }

    x(time) {
      const [from, to] = this.view;
      return this.left + ((time - from) / (to - from)) * (this.right - this.left);
    }

    draw() {
      const [from, to] = this.view;
      for (const { element, rect, text, from: a, to: b } of this.marks) {
        const outside = b < from || a > to;
        element.style.display = outside ? "none" : "";
        if (outside) continue;
        const x1 = Math.max(this.x(a), this.left);
        const x2 = Math.min(Math.max(this.x(b), x1 + 2), this.right + 2);
        if (rect.tagName === "line") {
          rect.setAttribute("x1", x1);
          rect.setAttribute("x2", x2);
        } else {
          rect.setAttribute("x", x1);
          rect.setAttribute("width", x2 - x1);
        }
        if (text) {
          text.setAttribute("x", x1 + 6);
          text.setAttribute("visibility", text.textContent.length * 10.5 + 8 <= x2 - x1 ? "visible" : "hidden");
        }
      }
      this.drawTime();
    }

    drawTime() {
      const group = this.svg.querySelector("g.time");
      const [from, to] = this.view;
      const step = steps.find((s) => Math.floor((to - from) / s) <= 12) || steps[steps.length - 1];
      const made = [];
      const make = (name, attributes, text) => {
        const element = document.createElementNS(SVG, name);
        for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
        if (text) element.textContent = text;
        made.push(element);
      };
      const digits = Math.max(0, Math.ceil(6 - Math.log10(step)));
      for (let tick = Math.ceil((this.begin + from) / step) * step; tick <= this.begin + to; tick += step) {
        const x = this.x(tick - this.begin);
        make("line", { class: "grid", x1: x, x2: x, y1: 0, y2: this.height });
        make("text", { class: "tick", x, y: this.height + 26, "text-anchor": "middle" }, `${(tick / 1e6).toFixed(digits)} s`);
      }
      make("line", { class: "axis", x1: this.left, x2: this.right, y1: this.height, y2: this.height });
      group.replaceChildren(...made);
    }

    look(from, to) {
      const width = Math.min(Math.max(to - from, 1000), this.length);
      const begin = Math.min(Math.max(from, 0), this.length - width);
      this.view = [begin, begin + width];
      this.draw();
    }

    zoom(factor, around) {
      const [from, to] = this.view;
      const centre = around ?? (this.selected ? Math.min(Math.max(this.selected.from, from), to) : (from + to) / 2);
      this.look(centre - (centre - from) * factor, centre + (to - centre) * factor);
    }

    pan(share) {
      const [from, to] = this.view;
      this.look(from + (to - from) * share, to + (to - from) * share);
    }

    shown(mark) {
      return !mark.element.classList.contains("filtered");
    }

    select(mark, keep = true) {
      if (!mark) return;
      if (this.selected) this.selected.element.classList.remove("selected");
      this.selected = mark;
      mark.element.classList.add("selected");
      const [from, to] = this.view;
      if (mark.from < from || mark.to > to) {
        const width = Math.max(to - from, (mark.to - mark.from) * 1.2);
        const middle = (mark.from + mark.to) / 2;
        this.look(middle - width / 2, middle + width / 2);
      }
      this.show(mark);
      if (keep && mark.element.id) {
        try {
          history.replaceState(null, "", `#${mark.element.id}`);
        } catch { /* some viewers forbid it; the selection still shows */ }
      }
    }

    show(mark) {
      const title = mark.element.querySelector("title");
      if (!title) return;
      this.record.hidden = false;
      this.record.textContent = title.textContent;
    }

    step(direction, marks) {
      const among = marks.filter((m) => this.shown(m));
      if (!among.length) return;
      const at = among.indexOf(this.selected);
      if (at >= 0) return this.select(among[(at + direction + among.length) % among.length]);
      const now = this.selected ? this.selected.from : this.view[0];
      const next = direction > 0
        ? among.find((m) => m.from >= now) || among[0]
        : [...among].reverse().find((m) => m.from <= now) || among[among.length - 1];
      this.select(next);
    }

    apply() {
      const { outcome, partition } = this.filter;
      for (const { element } of this.operations) {
        const fits = (!outcome || element.classList.contains(outcome)) && (!partition || element.dataset.p === partition);
        element.classList.toggle("filtered", !fits);
      }
    }

    act(what) {
      const proving = this.operations.filter((m) => m.element.classList.contains("proves"));
      switch (what) {
        case "in": return this.zoom(0.5);
        case "out": return this.zoom(2);
        case "left": return this.pan(-0.3);
        case "right": return this.pan(0.3);
        case "all": return this.look(0, this.length);
        case "failure": return this.step(1, this.failures);
        case "next": return this.step(1, proving.length ? proving : this.operations);
        case "previous": return this.step(-1, proving.length ? proving : this.operations);
        case "down": return this.step(1, this.operations);
        case "up": return this.step(-1, this.operations);
      }
    }

    listen() {
      for (const button of this.figure.querySelectorAll("button[data-do]")) {
        button.addEventListener("click", () => this.act(button.dataset.do));
      }
      for (const select of this.figure.querySelectorAll("select[data-filter]")) {
        select.addEventListener("change", () => {
          this.filter[select.dataset.filter] = select.value;
          this.apply();
        });
      }
      const keys = {
        ArrowRight: "next", ArrowLeft: "previous", ArrowDown: "down", ArrowUp: "up", j: "failure",
        "+": "in", "=": "in", "-": "out", "0": "all",
      };
      this.box.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const shifted = { ArrowLeft: "left", ArrowRight: "right" };
        const what = (event.shiftKey && shifted[event.key]) || keys[event.key];
        if (!what) return;
        event.preventDefault();
        this.act(what);
      });
      this.svg.addEventListener("pointerover", (event) => {
        const mark = this.markOf(event.target);
        if (mark) this.show(mark);
      });
      this.svg.addEventListener("click", (event) => {
        const mark = this.markOf(event.target);
        if (mark && !this.dragged) this.select(mark);
      });
      this.svg.addEventListener("wheel", (event) => {
        if (document.activeElement !== this.box && !event.ctrlKey) return;
        event.preventDefault();
        this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.timeAt(event.clientX));
      }, { passive: false });
      this.drag();
    }

    timeAt(clientX) {
      const area = this.svg.getBoundingClientRect();
      const x = ((clientX - area.left) / area.width) * this.svg.viewBox.baseVal.width;
      const [from, to] = this.view;
      return from + ((x - this.left) / (this.right - this.left)) * (to - from);
    }

    drag() {
      let start = null;
      this.svg.addEventListener("pointerdown", (event) => {
        if (event.button === 0 && event.pointerType === "mouse") start = { x: event.clientX, view: this.view };
        this.dragged = false;
      });
      addEventListener("pointermove", (event) => {
        if (!start) return;
        if (Math.abs(event.clientX - start.x) > 3) this.dragged = true;
        const area = this.svg.getBoundingClientRect();
        const share = (event.clientX - start.x) / area.width;
        const width = start.view[1] - start.view[0];
        if (this.dragged) this.look(start.view[0] - share * width, start.view[1] - share * width);
      });
      addEventListener("pointerup", () => { start = null; });
    }

    markOf(target) {
      const element = target.closest("[data-t]");
      return element && this.marks.find((m) => m.element === element);
    }
  }

  const players = [...document.querySelectorAll("figure.player")].map((figure) => new Player(figure));

  // A link to a mark selects it, wherever the view was.
  const follow = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    for (const player of players) {
      const mark = id && player.marks.find((m) => m.element.id === id);
      if (!mark) continue;
      player.select(mark, false);
      player.figure.scrollIntoView({ block: "start" });
      player.box.focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", follow);
  if (location.hash) follow();
  addEventListener("beforeprint", () => {
    for (const player of players) player.look(0, player.length);
  });
})();
