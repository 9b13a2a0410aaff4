// Plain forms: a field with `data-choices` (a catalogue) or `data-places` (an address to ask)
// gets the same list as a cell.

import * as choices from './choices.js';

function wire() {
  for (const input of document.querySelectorAll('[data-choices], [data-places]')) attach(input);
}

function attach(input) {
  // The browser's own list is for pages without script.
  input.removeAttribute('list');
  const take = (value, above) => set(input, value, above);
  const offer = (query) => choices.open(input, sourceOf(input), query, take);
  input.addEventListener('input', () => offer(input.value));
  input.addEventListener('blur', () => choices.leave(input));
  input.addEventListener('keydown', (event) => onKey(event, input, offer));
}

function onKey(event, input, offer) {
  if (event.isComposing || event.keyCode === 229) return;
  const {key} = event;
  if (key === 'Escape') return choices.close();
  if (key === 'ArrowDown' || key === 'ArrowUp') {
    event.preventDefault();
    if (choices.isOpen()) choices.move(key === 'ArrowDown' ? 1 : -1);
    else offer('');
  } else if (key === 'Enter' || key === 'Tab') {
    const option = choices.markedOption();
    if (!option) return;
    if (key === 'Enter') event.preventDefault();
    set(input, option.dataset.value, option.dataset.above);
  }
}

// A commune offered with its district, because none was chosen yet, says which one is meant.
function set(input, value, above) {
  const district = input.form.elements[`${prefixOf(input)}district`];
  input.value = value;
  choices.close();
  if (above && district && !district.value) district.value = above;
  notifyChange(input);
}

function notifyChange(input) {
  input.dispatchEvent(new Event('change', {bubbles: true}));
}

// The present residence has cells of its own: `present_province`, `present_district` ...
function prefixOf(input) {
  return input.name.startsWith('present_') ? 'present_' : '';
}

// What stands above a place comes from the form as it is now, saved or not.
function sourceOf(input) {
  if (input.dataset.choices) return {catalogue: input.dataset.choices};
  const form = new FormData(input.form);
  const prefix = prefixOf(input);
  const parameter = (name) => `&${name}=${encodeURIComponent(form.get(prefix + name) ?? '')}`;
  return {place: input.dataset.places + parameter('province') + parameter('district')};
}

// A suggestion is put into its field; saving is left to the user.
document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-use][data-for]');
  if (!button) return;
  const input = document.getElementById(button.dataset.for);
  input.value = button.dataset.use;
  input.focus();
  notifyChange(input);
});

wire();

export {wire};
