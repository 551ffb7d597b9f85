// The player: draws the wave from peaks the server computed, and plays the plain address through the media element,
// so that the browser asks for byte ranges and the recording is never fetched as a whole.
(() => {
  "use strict";

  const STEP = 5;

  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const rest = String(whole % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };

  document.addEventListener("alpine:init", () => {
    Alpine.data("player", () => ({
      async init() {
        this.duration = Number(this.$el.dataset.duration);
        this.onSeek = (event) => this.seek(event.detail.time, true);
        window.addEventListener("callwarden:seek", this.onSeek);
        this.$refs.media.addEventListener("error", () => this.fail());
        try {
          this.draw(await this.outline());
        } catch {
          return; // the media element keeps its own controls
        }
      },

      async outline() {
        const { outline, peaks } = this.$root.dataset;
        if (outline) return JSON.parse(outline);
        const answer = await fetch(peaks, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error("peaks");
        return (await answer.json()).channels;
      },

      draw(channels) {
        const { wave, bar, media } = this.$refs;
        wave.hidden = bar.hidden = false;
        media.controls = false;
        const regions = WaveSurfer.Regions.create();
        this.surfer = WaveSurfer.create({
          container: wave,
          media,
          peaks: channels,
          duration: this.duration,
          cspNonce: document.querySelector('meta[name="style-nonce"]').content,
          height: Math.round(128 / channels.length),
          barWidth: 2,
          barGap: 1,
          barRadius: 2,
          normalize: true,
          cursorWidth: 2,
          dragToSeek: true,
          splitChannels: this.colours(channels.length),
          plugins: [regions],
        });
        this.surfer.on("timeupdate", (time) => this.moved(time));
        this.surfer.on("play", () => this.playing(true));
        this.surfer.on("pause", () => this.playing(false));
        this.surfer.on("finish", () => this.playing(false));
        // Only a drawn wave knows its channels.
        this.surfer.once("ready", () => this.mark(regions));
        wave.addEventListener("keydown", (event) => this.key(event));
        this.scheme = window.matchMedia("(prefers-color-scheme: dark)");
        this.repaint = () => this.surfer.setOptions({ splitChannels: this.colours(channels.length) });
        this.scheme.addEventListener("change", this.repaint);
      },

      // The legend's swatches carry the tones of this theme; the wave takes its colours from them.
      colours(count) {
        const swatches = [...this.$root.querySelectorAll("[data-tone]")];
        return Array.from({ length: count }, (_unused, channel) => {
          const swatch = swatches[channel % swatches.length];
          const tone = getComputedStyle(swatch).backgroundColor;
          return { waveColor: `color-mix(in srgb, ${tone} 55%, transparent)`, progressColor: tone };
        });
      },

      mark(regions) {
        for (const span of this.$refs.quiet.children) {
          const channel = span.dataset.channel;
          regions.addRegion({
            start: Number(span.dataset.start),
            end: Number(span.dataset.end),
            drag: false,
            resize: false,
            ...(channel === undefined ? {} : { channelIdx: Number(channel) }),
          });
        }
      },

      toggle() {
        this.surfer.playPause().catch(() => this.fail());
      },
      back() {
        this.seek(this.surfer.getCurrentTime() - STEP);
      },
      forward() {
        this.seek(this.surfer.getCurrentTime() + STEP);
      },
      setRate() {
        this.surfer.setPlaybackRate(Number(this.$refs.rate.value), true);
      },
      seek(time, play = false) {
        const to = Math.max(0, Math.min(this.duration, time));
        if (this.surfer) this.surfer.setTime(to);
        else this.$refs.media.currentTime = to;
        if (play) this.$refs.media.play().catch(() => this.fail());
      },
      key(event) {
        const acts = {
          " ": () => this.toggle(),
          k: () => this.toggle(),
          ArrowLeft: () => this.back(),
          ArrowRight: () => this.forward(),
          ArrowDown: () => this.back(),
          ArrowUp: () => this.forward(),
          Home: () => this.seek(0),
          End: () => this.seek(this.duration),
        };
        const act = acts[event.key];
        if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        act();
      },

      moved(time) {
        const text = clock(time);
        this.$refs.now.textContent = text;
        this.$refs.wave.setAttribute("aria-valuenow", String(Math.round(time)));
        this.$refs.wave.setAttribute("aria-valuetext", text);
        window.dispatchEvent(new CustomEvent("callwarden:time", { detail: { time } }));
      },
      playing(on) {
        this.$refs.play.setAttribute("aria-pressed", String(on));
        this.$refs.iconPlay.hidden = on;
        this.$refs.iconPause.hidden = !on;
      },
      fail() {
        this.$refs.error.textContent = this.$root.dataset.failed;
        this.$refs.error.hidden = false;
      },
      destroy() {
        window.removeEventListener("callwarden:seek", this.onSeek);
        if (this.scheme) this.scheme.removeEventListener("change", this.repaint);
        if (this.surfer) this.surfer.destroy();
      },
    }));
  });
})();
