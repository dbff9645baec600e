// An input with data-find hides those of its elements that lack one of the words typed.
document.addEventListener("input", (event) => {
  const query = event.target.dataset.find;
  if (!query) return;
  const words = event.target.value.toLowerCase().split(/\s+/);
  document.querySelectorAll(query).forEach((one) => {
    one.hidden = !words.every((word) => one.dataset.words.includes(word));
  });
});
