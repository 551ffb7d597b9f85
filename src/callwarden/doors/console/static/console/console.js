// Behaviour of the console: dialog, countdown, revealed values, copying, and what htmx needs. Every page also works
// without it; only comfort is lost. No text lives here: sentences come from the page, in the viewer's language.
(() => {
  "use strict";

  const announce = (text) => {
    const place = document.getElementById("announce");
    if (place) place.textContent = text;
  };

  const clock = (seconds) => {
    const whole = Math.max(0, Math.ceil(seconds));
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const rest = String(whole % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };

  document.addEventListener("alpine:init", () => {
    // One dialog a page. A fragment that lands in it opens it; closing empties it, so nothing lingers unseen.
    Alpine.data("dialog", () => ({
      init() {
        this.$el.addEventListener("htmx:afterSwap", () => this.open());
        this.$el.addEventListener("close", () => this.empty());
        this.$el.addEventListener("click", (event) => this.clicked(event));
        document.addEventListener("callwarden:close-dialog", () => this.$el.close());
      },
      open() {
        if (!this.$el.open && this.$el.querySelector("#dialog-body").children.length) this.$el.showModal();
        const first = this.$el.querySelector("[autofocus], select, input:not([type=hidden]), textarea");
        if (first) first.focus();
      },
      empty() {
        this.$el.querySelector("#dialog-body").replaceChildren();
      },
      clicked(event) {
        const closer = event.target.closest("[data-close-dialog]");
        if (closer || event.target === this.$el) {
          event.preventDefault();
          this.$el.close();
        }
      },
    }));

    // Counts down to data-until (milliseconds). The browser's own clock may be wrong, so the server's number of seconds
    // left is taken from the text it rendered and only the steps are counted here.
    Alpine.data("countdown", () => ({
      init() {
        const parts = this.$refs.left.textContent.split(":").map(Number);
        const left = parts.reduce((sum, part) => sum * 60 + part, 0);
        this.end = performance.now() + left * 1000;
        this.total = Number(this.$el.dataset.seconds) || 0;
        this.late = this.$el.dataset.late || "";
        this.timer = setInterval(() => this.tick(), 500);
        this.tick();
      },
      tick() {
        const left = (this.end - performance.now()) / 1000;
        if (this.$refs.arc && this.total) {
          this.$refs.arc.style.strokeDashoffset = String(100 - Math.max(0, Math.min(1, left / this.total)) * 100);
        }
        if (left > 0) {
          this.$refs.left.textContent = clock(left);
          return;
        }
        clearInterval(this.timer);
        this.$refs.left.textContent = this.late;
        this.$root.classList.add("is-late");
        this.$dispatch("countdown-over");
      },
      destroy() {
        clearInterval(this.timer);
      },
    }));

    // A revealed value leaves the page when its time is up, when asked, and when the page is put away.
    Alpine.data("revealed", () => ({
      init() {
        this.$el.addEventListener("countdown-over", () => this.cover());
        this.stamp();
        this.leave = () => this.cover();
        window.addEventListener("pagehide", this.leave);
      },
      // The mark over the page tells the minute of this look, not of the page's loading.
      stamp() {
        const now = new Date();
        const two = (number) => String(number).padStart(2, "0");
        const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
        for (const mark of document.querySelectorAll("#watermark span")) {
          mark.dataset.time = `${day} ${two(now.getHours())}:${two(now.getMinutes())}`;
        }
      },
      cover() {
        const root = this.$root;
        const value = root.querySelector(".revealed-value");
        if (!value) return;
        value.remove();
        htmx.trigger(root, "cover");
      },
      destroy() {
        window.removeEventListener("pagehide", this.leave);
      },
    }));

    Alpine.data("copy", () => ({
      async copy() {
        const button = this.$root;
        try {
          await navigator.clipboard.writeText(button.dataset.text);
          announce(button.dataset.done);
          button.classList.add("is-done");
          setTimeout(() => button.classList.remove("is-done"), 1500);
        } catch {
          announce(document.getElementById("announce").dataset.failed);
        }
      },
    }));

    // Follows the player: marks the turn being spoken and asks the player to go to a turn.
    Alpine.data("transcript", () => ({
      init() {
        this.turns = [...this.$el.querySelectorAll("[data-start]")];
        this.$el.addEventListener("click", (event) => this.seek(event));
        this.follow = (event) => this.mark(event.detail.time);
        window.addEventListener("callwarden:time", this.follow);
      },
      seek(event) {
        const button = event.target.closest("[data-seek]");
        if (!button) return;
        const detail = { time: Number(button.dataset.seek) };
        window.dispatchEvent(new CustomEvent("callwarden:seek", { detail }));
      },
      mark(time) {
        const now = this.turns.findLast((turn) => Number(turn.dataset.start) <= time);
        if (now === this.now) return;
        if (this.now) {
          this.now.classList.remove("is-now");
          this.now.removeAttribute("aria-current");
        }
        this.now = now;
        if (!now) return;
        now.classList.add("is-now");
        now.setAttribute("aria-current", "true");
        const list = this.$root;
        const above = now.offsetTop - list.offsetTop;
        if (above < list.scrollTop || above + now.offsetHeight > list.scrollTop + list.clientHeight) {
          list.scrollTop = above - list.clientHeight / 3;
        }
      },
      destroy() {
        window.removeEventListener("callwarden:time", this.follow);
      },
    }));
  });

  // A request that failed says so; a session that ended sends the whole page to sign-in, not a fragment of it.
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) {
      window.location.reload();
      return;
    }
    announce(document.getElementById("announce").dataset.failed);
  });
  document.addEventListener("htmx:sendError", () => announce(document.getElementById("announce").dataset.failed));
})();
