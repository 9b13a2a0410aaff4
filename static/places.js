// Plain forms: a field with `data-choices` (a catalogue) or `data-places` (an address to ask) gets the same list as a cell.

import * as choices from './choices.js';

export function wire() {
  for (const input of document.querySelectorAll('[data-choices], [data-places]')) attach(input);
}

function attach(input) {
  input.removeAttribute('list'); // the browser's own list is for pages without script
  const offer = (query) => choices.open(input, sourceOf(input), query, (value, above) => set(input, value, above));
  input.addEventListener('input', () => offer(input.value));
  input.addEventListener('blur', () => choices.leave(input));
  input.addEventListener('keydown', (event) => pressed(event, input, offer));
}

function pressed(event, input, offer) {
  if (event.isComposing || event.keyCode === 229) return;
  const {key} = event;
  if (key === 'ArrowDown' || key === 'ArrowUp') {
    event.preventDefault();
    if (choices.isOpen()) choices.move(key === 'ArrowDown' ? 1 : -1);
    else offer('');
  } else if ((key === 'Enter' || key === 'Tab') && choices.marked() !== null) {
    if (key === 'Enter') event.preventDefault();
    const {value, above} = choices.markedOption().dataset;
    set(input, value, above);
  } else if (key === 'Escape') choices.close();
}

// A commune offered with its district, because none was chosen yet, says which one is meant.
function set(input, value, above) {
  const {district} = input.form.elements;
  input.value = value;
  choices.close();
  if (above && district && !district.value) district.value = above;
  changed(input);
}

const changed = (input) => input.dispatchEvent(new Event('change', {bubbles: true}));

// What stands above a place comes from the form as it is now, saved or not.
function sourceOf(input) {
  if (input.dataset.choices) return {catalogue: input.dataset.choices};
  const form = new FormData(input.form);
  const above = ['province', 'district'].map((name) => `&${name}=${encodeURIComponent(form.get(name) ?? '')}`).join('');
  return {place: input.dataset.places + above};
}

// A suggestion is put into its field; saving stays the user's own deed.
document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-use][data-for]');
  if (!button) return;
  const input = document.getElementById(button.dataset.for);
  input.value = button.dataset.use;
  input.focus();
  changed(input);
});

wire();
