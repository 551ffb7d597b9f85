// Arrow keys move through the grid of the access matrix as through a sheet. Without it, Tab goes from box to box.
(() => {
  "use strict";

  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  document.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const cell = event.target instanceof HTMLInputElement ? event.target.closest(".sheet td") : null;
    if (!step || !cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = cell.parentElement;
    const rows = [...row.parentElement.children];
    const across = [...row.children].indexOf(cell) + step[1];
    const goal = rows[rows.indexOf(row) + step[0]]?.children[across]?.querySelector("input");
    if (!goal) return;
    event.preventDefault();
    goal.focus();
  });
})();
