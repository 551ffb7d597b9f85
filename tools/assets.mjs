// Copies the front-end files the console serves out of node_modules, so that nothing third-party is committed
// and nothing is fetched from another host at run time. Icons become one sprite of the names listed here.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(root, "src/callwarden/doors/console/static/vendor");
const files = {
  "htmx.org/dist/htmx.min.js": "htmx.min.js",
  "@alpinejs/csp/dist/cdn.min.js": "alpine-csp.min.js",
  "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
  "uplot/dist/uPlot.iife.min.js": "uplot.min.js",
  "uplot/dist/uPlot.min.css": "uplot.min.css",
  "wavesurfer.js/dist/wavesurfer.min.js": "wavesurfer.min.js",
  "wavesurfer.js/dist/plugins/regions.min.js": "wavesurfer-regions.min.js",
};
const icons = `
  activity-heartbeat alert-octagon alert-triangle archive arrow-left arrow-right arrows-sort ban bell building calendar
  certificate check checkbox chevron-down chevron-left chevron-right circle-check circle-dashed circle-minus circle-x
  clipboard-check clock copy credit-card device-desktop device-mobile dots download ear external-link eye eye-off
  file-import file-report filter fingerprint flag flame gavel headset heart-handshake help-circle history hourglass id
  inbox info-circle key language layout-dashboard lock lock-open login logout mail map-pin menu-2 message-2 moon
  password pencil phone phone-incoming phone-off phone-outgoing player-pause player-play plus printer refresh report-search
  rewind-backward-5 rewind-forward-5 scale search send settings shield-check shield-lock sitemap snowflake
  sort-ascending sort-descending stack-2 sun trash upload user user-shield users volume-off waveform x zoom-in zoom-out
`.trim().split(/\s+/);

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [source, name] of Object.entries(files)) {
  cpSync(join(root, "node_modules", source), join(target, name));
}

// Only shapes travel into the sprite: size, colour and stroke come from the stylesheet.
function symbol(name) {
  const svg = readFileSync(join(root, "node_modules/@tabler/icons/icons/outline", `${name}.svg`), "utf8");
  const shapes = svg.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "").replace(/\s*<path stroke="none"[^>]*>/, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s+/g, " ").trim()}</symbol>`;
}
writeFileSync(
  join(target, "icons.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg">\n${icons.map(symbol).join("\n")}\n</svg>\n`,
);
