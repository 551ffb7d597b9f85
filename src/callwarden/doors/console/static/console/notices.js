// The notice editor: which view and language is shown, and a question before what was typed is left behind. Without it
// both languages stand under each other and the preview is a page of its own.
(() => {
  "use strict";

  document.addEventListener("alpine:init", () => {
    Alpine.data("noticeEditor", () => ({
      init() {
        const form = this.$el;
        this.press(form);
        form.addEventListener("click", (event) => {
          const button = event.target.closest("[data-view-of], [data-language-of]");
          if (!button) return;
          if (button.dataset.viewOf) form.dataset.view = button.dataset.viewOf;
          if (button.dataset.languageOf) form.dataset.language = button.dataset.languageOf;
          this.press(form);
        });
        form.addEventListener("input", () => {
          this.typed = true;
        });
        form.addEventListener("submit", () => {
          this.typed = false;
        });
        this.stay = (event) => {
          if (this.typed) event.preventDefault();
        };
        window.addEventListener("beforeunload", this.stay);
      },
      press(form) {
        for (const button of form.querySelectorAll("[data-view-of], [data-language-of]")) {
          const on = button.dataset.viewOf === form.dataset.view || button.dataset.languageOf === form.dataset.language;
          button.setAttribute("aria-pressed", String(on));
        }
      },
      destroy() {
        window.removeEventListener("beforeunload", this.stay);
      },
    }));
  });
})();
