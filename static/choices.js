// A list to choose from under a text field: short catalogues by filtering here, places by asking
// the server. Free text stays allowed: nothing is taken unless the user took it; a word that
// begins a catalogue entry is offered first.

import {element, parseHtml, placeAt} from './elements.js';
import {beginsAsWritten, fold, hasDiacritics, hasEveryWord} from './folding.js';

const KIND = /^(tinh|thanh pho|quan|huyen|thi xa|thi tran|xa|phuong|dac khu) /;
const KIND_WRITTEN = /^(tỉnh|thành phố|quận|huyện|thị xã|thị trấn|xã|phường|đặc khu) /i;
const ARROW = ' → '; // between an old address and its successor
const MOST = 60; // entries of a catalogue
const list = element('ul', {id: 'choices', className: 'choices', hidden: true});
list.setAttribute('role', 'listbox');
list.setAttribute('aria-label', 'Danh sách để chọn');
let input = null;
let onTake = () => {};
let asking = null;
let shownFor = '';

// Taken by the click, not by the press: the list is gone then, and a tap's click would reach what
// lies beneath. The press leaves the focus in the field.
for (const name of ['pointerdown', 'mousedown']) {
  list.addEventListener(name, (event) => event.preventDefault());
}
list.addEventListener('click', (event) => {
  const option = event.target.closest('[role="option"]');
  if (option) onTake(option.dataset.value, option.dataset.above);
});

const isOpen = () => !list.hidden;
const options = () => [...list.querySelectorAll('[role="option"]')];
const isMarked = (option) => option.getAttribute('aria-selected') === 'true';
const markedOption = () => isOpen() ? options().find(isMarked) ?? null : null;
const marked = () => markedOption()?.dataset.value ?? null;

// source: {catalogue: "gender"} or {place: address to ask, with the query appended}
function open(field, source, query, take) {
  if (!list.isConnected) document.body.append(list);
  input = field;
  onTake = take;
  shownFor = query;
  field.setAttribute('role', 'combobox');
  field.setAttribute('aria-autocomplete', 'list');
  field.setAttribute('aria-controls', list.id);
  if (source.catalogue) fill(fromCatalogue(source.catalogue, query), query);
  else ask(source.place, query);
}

function close() {
  asking?.abort();
  asking = null;
  list.hidden = true;
  if (!input) return;
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
  input = null;
}

function leave(field) {
  if (input === field) close();
  for (const name of ['role', 'aria-autocomplete', 'aria-controls', 'aria-expanded']) {
    field.removeAttribute(name);
  }
}

function move(direction) {
  const all = options();
  if (!all.length) return;
  const current = all.findIndex(isMarked);
  const outside = direction > 0 ? -1 : all.length;
  const next = (current < 0 ? outside : current) + direction;
  mark(all.at(next % all.length));
}

function fromCatalogue(name, query) {
  const entries = [...document.querySelectorAll(`#choices-${name} option`)];
  const values = entries.map((entry) => entry.value);
  const beginning = values.filter((value) => fold(value).startsWith(fold(query)));
  const others = values.filter((value) => !beginning.includes(value) && hasEveryWord(value, query));
  return [...beginning, ...others].slice(0, MOST).map(optionFor);
}

function optionFor(value) {
  const option = element('li', {textContent: value});
  option.dataset.value = value;
  return option;
}

async function ask(url, query) {
  asking?.abort();
  mark(null); // what is offered so far answers an older query
  asking = new AbortController();
  const {signal} = asking;
  const field = input;
  try {
    const headers = {'HX-Request': 'true'};
    const answer = await fetch(`${url}&q=${encodeURIComponent(query)}`, {headers, signal});
    if (!answer.ok || input !== field || shownFor !== query) return;
    fill([...parseHtml(await answer.text()).querySelectorAll('li')], query);
  } catch { /* aborted, or the network is down: the text can still be typed */ }
}

// The items of a list: those with a value can be chosen, the others say something.
function fill(items, query) {
  const choosable = items.filter((item) => item.dataset.value !== undefined);
  items.forEach((item, index) => {
    item.id = `choice-${index}`;
  });
  for (const option of choosable) option.setAttribute('role', 'option');
  list.replaceChildren(...items);
  list.hidden = items.length === 0;
  input.setAttribute('aria-expanded', String(!list.hidden));
  mark(query ? likeliest(items, query) : null);
  if (!list.hidden) placeAt(list, input);
}

// "Phường 06" is meant by 6
const withoutZeros = (name) => name.replace(/\b0+(?=\d)/g, '');
const plain = (name) => withoutZeros(fold(name));
const withoutKind = (name) => name.replace(KIND, '');
// Of an old address and its successor the old name is what was typed.
const nameOf = ({dataset}) => dataset.value.split(ARROW)[0].split(',')[0];

function isWritten(name, query) {
  const texts = [name, name.replace(KIND_WRITTEN, '')];
  return texts.some((text) => beginsAsWritten(withoutZeros(text), withoutZeros(query)));
}

// A place is meant with or without the word for its kind; what is left alone in the list is meant
// too. Text with diacritics means nothing that is written otherwise (Phú Đông is not Phù Đổng),
// text without them no one of two places. One of several successors of an old place (`pick`) is
// meant by nobody who has not looked: Enter takes it only once it is marked.
function likeliest(items, query) {
  const wanted = plain(query);
  const isExact = hasDiacritics(query);
  const named = items.filter(({dataset}) => dataset.value !== undefined);
  const possible = named.filter((option) => !isExact || isWritten(nameOf(option), query));
  const those = (fits) => possible.filter((option) => fits(plain(nameOf(option))));
  const whole = those((name) => name === wanted);
  const same = whole.length ? whole : those((name) => withoutKind(name) === wanted);
  if (same.length) return onlyOne(same, isExact);
  const [begun] = [
    ...those((name) => name.startsWith(wanted)),
    ...those((name) => withoutKind(name).startsWith(wanted)),
  ];
  if (begun) return onlyOne(those((name) => name === plain(nameOf(begun))), true);
  const isAlone = possible.length === 1 && items.length === 1;
  return isAlone ? onlyOne(possible, isExact) : null;
}

// Of several places of one name none is meant, be they of one list or of two. A name of the
// campaign's own list goes before a former one where it is written as it stands there, and before
// former ones that must be chosen.
function onlyOne(options, isExact) {
  const mustPick = ({dataset}) => dataset.pick !== undefined;
  const former = options.filter(({dataset}) => dataset.value.includes(ARROW));
  const current = options.filter((option) => !former.includes(option));
  const goesBefore = current.length > 0 && (isExact || former.every(mustPick));
  const meant = goesBefore ? current : options;
  return meant.length === 1 && !mustPick(meant[0]) ? meant[0] : null;
}

function mark(option) {
  for (const other of options().filter(isMarked)) other.setAttribute('aria-selected', 'false');
  input.removeAttribute('aria-activedescendant');
  if (!option) return;
  option.setAttribute('aria-selected', 'true');
  input.setAttribute('aria-activedescendant', option.id);
  option.scrollIntoView({block: 'nearest'});
}

addEventListener('scroll', (event) => {
  if (isOpen() && event.target !== list) placeAt(list, input);
}, true);

export {close, isOpen, leave, marked, markedOption, move, open};
