// A list to choose from under a text field: short catalogues by filtering here, places by asking the server.
// Free text stays allowed: nothing is taken unless the user took it; a word that begins a catalogue entry is offered first.

import {placeAt} from './float.js';
import {beginsAsWritten, fold, hasDiacritics, hasEveryWord} from './folding.js';

const list = Object.assign(document.createElement('ul'), {id: 'choices', className: 'choices', hidden: true});
list.setAttribute('role', 'listbox');
list.setAttribute('aria-label', 'Danh sách để chọn');
const KIND = /^(tinh|thanh pho|quan|huyen|thi xa|thi tran|xa|phuong|dac khu) /;
const KIND_WRITTEN = /^(tỉnh|thành phố|quận|huyện|thị xã|thị trấn|xã|phường|đặc khu) /i;
const ARROW = ' → '; // between an old address and its successor
let input = null, take = () => {}, asked = null, shownFor = '';

// Taken by the click, not by the press: the list is gone then, and a tap's click would reach what lies beneath.
for (const name of ['pointerdown', 'mousedown']) list.addEventListener(name, (event) => event.preventDefault()); // the field keeps the focus
list.addEventListener('click', (event) => {
  const option = event.target.closest('[role="option"]');
  if (option) take(option.dataset.value, option.dataset.above);
});

export const isOpen = () => !list.hidden;
export const markedOption = () => isOpen() ? list.querySelector('[aria-selected="true"]') : null;
export const marked = () => markedOption()?.dataset.value ?? null;

// source: {catalogue: "gender"} or {place: address to ask, with the query appended}
export function open(field, source, query, onTake) {
  if (!list.isConnected) document.body.append(list);
  input = field;
  take = onTake;
  shownFor = query;
  field.setAttribute('role', 'combobox');
  field.setAttribute('aria-autocomplete', 'list');
  field.setAttribute('aria-controls', list.id);
  if (source.catalogue) fill(fromCatalogue(source.catalogue, query), query);
  else ask(source.place, query);
}

export function close() {
  asked?.abort();
  asked = null;
  list.hidden = true;
  if (!input) return;
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
  input = null;
}

export function leave(field) {
  if (input === field) close();
  for (const name of ['role', 'aria-autocomplete', 'aria-controls', 'aria-expanded']) field.removeAttribute(name);
}

export function move(direction) {
  const options = [...list.querySelectorAll('[role="option"]')];
  if (!options.length) return;
  const now = options.findIndex((option) => option.getAttribute('aria-selected') === 'true');
  mark(options[now < 0 ? (direction > 0 ? 0 : options.length - 1) : (now + direction + options.length) % options.length]);
}

function fromCatalogue(name, query) {
  const all = [...document.querySelectorAll(`#choices-${name} option`)].map((option) => option.value);
  const starts = all.filter((value) => fold(value).startsWith(fold(query)));
  const holds = all.filter((value) => !starts.includes(value) && hasEveryWord(value, query));
  return [...starts, ...holds].slice(0, 60).map((value) => {
    const option = document.createElement('li');
    option.dataset.value = option.textContent = value;
    return option;
  });
}

async function ask(address, query) {
  asked?.abort();
  mark(null); // what is offered so far answers an older query
  asked = new AbortController();
  const field = input;
  try {
    const answer = await fetch(`${address}&q=${encodeURIComponent(query)}`, {headers: {'HX-Request': 'true'}, signal: asked.signal});
    if (!answer.ok || input !== field || shownFor !== query) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    fill([...page.querySelectorAll('li')], query);
  } catch { /* aborted, or the line is down: the text can still be typed */ }
}

function fill(options, query) {
  options.forEach((option, n) => {
    option.id = `choice-${n}`;
    if (option.dataset.value !== undefined) option.setAttribute('role', 'option');
  });
  list.replaceChildren(...options);
  list.hidden = options.length === 0;
  input.setAttribute('aria-expanded', String(!list.hidden));
  mark(query ? likely(options, query) : null);
  if (!list.hidden) placeAt(list, input);
}

const withoutZeros = (name) => name.replace(/\b0+(?=\d)/g, ''); // "Phường 06" is meant by 6

// A place is meant with or without the word for its kind; what is left alone in the list is meant too. Text with
// diacritics means nothing that is written otherwise (Phú Đông is not Phù Đổng), text without them no one of two places.
// One of several successors of an old place is meant by nobody who has not looked: Enter takes it only once it is marked.
function likely(options, query) {
  const wanted = withoutZeros(fold(query)), isExact = hasDiacritics(query);
  const names = options.filter(({dataset}) => dataset.value !== undefined)
    .map((option) => ({option, name: nameOf(option)})).filter(({name}) => !isExact || isWritten(name, query))
    .map(({option, name}) => ({option, name: withoutZeros(fold(name))}));
  const bare = (name) => name.replace(KIND, '');
  const same = names.filter(({name}) => name === wanted || bare(name) === wanted);
  const whole = same.filter(({name}) => name === wanted);
  if (same.length) return onlyOne(whole.length ? whole : same, isExact);
  const begun = names.find(({name}) => name.startsWith(wanted)) ?? names.find(({name}) => bare(name).startsWith(wanted));
  if (begun) return onlyOne(names.filter(({name}) => name === begun.name), true);
  return names.length === 1 && options.length === 1 ? onlyOne(names, isExact) : null;
}

// Of several places of one name none is meant, be they of one list or of two. A name of the campaign's own list goes
// before a former one where it is written as it stands there, and before former ones that must be chosen.
function onlyOne(names, isExact) {
  const mustPick = ({option}) => option.dataset.pick !== undefined, isOld = ({option}) => option.dataset.value.includes(ARROW);
  const own = names.filter((name) => !isOld(name));
  const meant = own.length && (isExact || names.every((name) => !isOld(name) || mustPick(name))) ? own : names;
  return meant.length === 1 && !mustPick(meant[0]) ? meant[0].option : null;
}

// Of an old address and its successor the old name is what was typed.
const nameOf = ({dataset}) => dataset.value.split(ARROW)[0].split(',')[0];
const isWritten = (name, query) => [name, name.replace(KIND_WRITTEN, '')].some((text) => beginsAsWritten(withoutZeros(text), withoutZeros(query)));

function mark(option) {
  for (const other of list.querySelectorAll('[aria-selected="true"]')) other.setAttribute('aria-selected', 'false');
  input.removeAttribute('aria-activedescendant');
  if (!option) return;
  option.setAttribute('aria-selected', 'true');
  input.setAttribute('aria-activedescendant', option.id);
  option.scrollIntoView({block: 'nearest'});
}

addEventListener('scroll', (event) => {
  if (isOpen() && event.target !== list) placeAt(list, input);
}, true);
