// Copies the front-end files the console serves out of node_modules, so that nothing third-party is committed
// and nothing is fetched from another host at run time.
import { cpSync, mkdirSync, rmSync } from "node:fs";
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

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [source, name] of Object.entries(files)) {
  cpSync(join(root, "node_modules", source), join(target, name));
}
