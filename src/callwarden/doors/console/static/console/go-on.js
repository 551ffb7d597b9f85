// Sends a form, or follows a link, that only passes something on; without this its person presses the button.
(() => {
  "use strict";
  const form = document.querySelector("form[data-go-on]");
  if (form) form.requestSubmit();
  const link = document.querySelector("a[data-go-on]");
  if (link) link.click();
})();
