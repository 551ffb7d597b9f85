// Sends a form that only passes something on; without this its person presses the button.
(() => {
  "use strict";
  const form = document.querySelector("form[data-go-on]");
  if (form) form.requestSubmit();
})();
