// Choosing words of a redacted text: by the mouse, by touch, or word by word with the arrow keys. One turn at a time.
(() => {
  "use strict";

  document.addEventListener("alpine:init", () => {
    Alpine.data("checking", () => ({
      init() {
        this.list = this.$el.querySelector(".checking-words");
        this.form = this.$el.querySelector(".checking-hide");
        this.words = [...this.list.querySelectorAll(".word")];
        this.first = this.last = -1;
        for (const word of this.words) word.tabIndex = -1;
        if (this.words.length) this.words[0].tabIndex = 0;
        this.list.addEventListener("keydown", (event) => this.key(event));
        this.list.addEventListener("click", (event) => this.click(event));
        this.bySelection = () => this.selected();
        document.addEventListener("selectionchange", this.bySelection);
      },
      destroy() {
        document.removeEventListener("selectionchange", this.bySelection);
      },
      turn(place) {
        return this.words[place].closest("[data-turn]");
      },
      click(event) {
        const word = event.target.closest(".word");
        const selection = window.getSelection();
        if (!word || (selection && !selection.isCollapsed)) return;
        const place = this.words.indexOf(word);
        if (event.shiftKey && this.first >= 0) this.choose(this.first, place);
        else this.choose(place, place);
        this.focus(place);
      },
      selected() {
        const selection = window.getSelection();
        if (!selection || selection.isCollapsed || !selection.rangeCount) return;
        const range = selection.getRangeAt(0);
        if (!this.list.contains(range.startContainer)) return;
        const inside = this.words.filter((word) => range.intersectsNode(word) && this.covers(range, word));
        if (!inside.length) return;
        this.choose(this.words.indexOf(inside[0]), this.words.indexOf(inside[inside.length - 1]));
      },
      // A word that the selection only touches at its edge is not meant.
      covers(range, word) {
        const all = document.createRange();
        all.selectNodeContents(word);
        return (
          range.compareBoundaryPoints(Range.END_TO_START, all) < 0 && range.compareBoundaryPoints(Range.START_TO_END, all) > 0
        );
      },
      key(event) {
        const place = this.words.indexOf(event.target);
        if (place < 0) return;
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step) {
          event.preventDefault();
          const next = Math.min(Math.max(place + step, 0), this.words.length - 1);
          if (event.shiftKey && this.turn(next) === this.turn(place)) {
            if (this.first < 0) this.first = place;
            this.choose(this.first, next);
          } else if (!event.shiftKey) this.first = -1;
          if (!event.shiftKey || this.turn(next) === this.turn(place)) this.focus(next);
        } else if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          if (this.first < 0) this.choose(place, place);
          this.form.elements.kind.focus();
        } else if (event.key === "Escape") this.choose(-1, -1);
      },
      focus(place) {
        for (const word of this.words) word.tabIndex = -1;
        this.words[place].tabIndex = 0;
        this.words[place].focus();
      },
      // From the first to the last word, of the turn of the first alone. What is hidden between them ends the choice.
      choose(first, last) {
        for (const word of this.words) word.classList.remove("is-chosen");
        this.first = first;
        this.last = last;
        const none = this.form.querySelector("[data-none]");
        const told = this.form.querySelector("[data-chosen]");
        const button = this.form.querySelector("button[type=submit]");
        const chosen = first < 0 ? [] : this.words.slice(Math.min(first, last), Math.max(first, last) + 1);
        const words = chosen.filter((word) => word.closest("[data-turn]") === this.turn(first));
        const some = words.length > 0;
        none.hidden = some;
        told.hidden = !some;
        button.disabled = !some;
        if (!some) return;
        for (const word of words) word.classList.add("is-chosen");
        const range = document.createRange();
        range.setStartBefore(words[0]);
        range.setEndAfter(words[words.length - 1]);
        told.textContent = range.toString();
        this.form.elements.turn.value = this.turn(first).dataset.turn;
        this.form.elements.start.value = words[0].dataset.start;
        this.form.elements.end.value = words[words.length - 1].dataset.end;
      },
    }));
  });
})();
