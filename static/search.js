// The search field of the header: `/` or Ctrl+K leads to it, what it finds hangs below it, arrows
// and Enter open a record (the combobox pattern of WAI-ARIA APG). What was typed goes in the body
// of a request, never in an address: it may be an identity number.

const PAUSE = 150; // ms without a key, then the server is asked
const NO_CONTACT = 'Mất liên lạc với máy chủ nên chưa tìm được.';
const form = document.querySelector('#people-search');
const input = document.querySelector('#search-q');
const popup = document.querySelector('#search-popup');
const spoken = document.querySelector('#search-status');
const opener = document.querySelector('.search-open');
let cameFrom = null; // where the keyboard was before
let shownFor = ''; // the text whose people are shown
let timer = 0;
let asking = new AbortController();

const options = () => [...popup.querySelectorAll('[role=option]')];
const active = () => popup.querySelector('[aria-selected=true]');

function start() {
  form.classList.add('has-script');
  document.addEventListener('keydown', onShortcut);
  document.addEventListener('pointerdown', (event) => {
    if (!form.contains(event.target) && !opener.contains(event.target)) close();
  });
  opener.addEventListener('click', (event) => {
    event.preventDefault();
    open();
  });
  form.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !form.contains(event.relatedTarget)) close();
  });
  form.addEventListener('submit', (event) => {
    if (!input.value.trim()) event.preventDefault();
  });
  input.addEventListener('input', askSoon);
  input.addEventListener('focus', () => {
    if (input.value.trim()) askSoon();
  });
  input.addEventListener('keydown', onKey);
  // typed before this script was there: it comes after the page
  if (document.activeElement === input && input.value.trim()) askSoon();
  forgetNumber();
}

// A number that somebody has put into an address stays neither there nor in the history.
function forgetNumber() {
  const asked = new URLSearchParams(location.search).get('q') ?? '';
  if (!location.pathname.endsWith('/search') || asked.replace(/[^0-9]/g, '').length < 4) return;
  history.replaceState(null, '', location.pathname);
}

function onShortcut(event) {
  const withControl = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  const isControlK = withControl && event.key.toLowerCase() === 'k';
  const isSlash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isControlK && !isSlash) return;
  if (event.defaultPrevented || event.isComposing || isTyping(event.target)) return;
  if (document.querySelector('dialog[open]')) return;
  event.preventDefault();
  open();
}

function isTyping(place) {
  // In a table the keyboard is in an input also while it only moves from cell to cell.
  if (place.matches('.cell-input')) return place.closest('[data-editing]') !== null;
  if (place.isContentEditable || place.matches('textarea, select')) return true;
  return place.matches('input:not([type=checkbox], [type=radio], [type=submit], [type=button])');
}

function open() {
  if (!form.contains(document.activeElement)) cameFrom = document.activeElement;
  form.classList.add('open');
  input.focus();
  input.select();
}

function leave() {
  close();
  input.value = '';
  if (cameFrom?.isConnected) cameFrom.focus();
  else input.blur();
}

function close() {
  clearTimeout(timer);
  asking.abort();
  form.classList.remove('open');
  hidePopup();
}

function hidePopup() {
  popup.hidden = true;
  popup.replaceChildren();
  shownFor = '';
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
}

function askSoon() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

async function ask() {
  asking.abort();
  asking = new AbortController();
  const text = input.value;
  if (!text.trim()) {
    spoken.textContent = '';
    hidePopup();
    return;
  }
  try {
    const body = new URLSearchParams({q: text});
    const headers = {'HX-Request': 'true'};
    const answer = await fetch(form.action, {method: 'POST', body, headers, signal: asking.signal});
    const login = answer.headers.get('HX-Redirect');
    if (login) location.assign(login);
    else if (answer.ok) show(await answer.text(), text);
    else say(NO_CONTACT);
  } catch (error) {
    if (error.name !== 'AbortError') say(NO_CONTACT);
  }
}

function show(html, text) {
  popup.replaceChildren(...new DOMParser().parseFromString(html, 'text/html').body.childNodes);
  popup.hidden = !popup.children.length;
  shownFor = text;
  spoken.textContent = popup.querySelector('[data-search-summary]')?.textContent ?? '';
  const all = options();
  input.setAttribute('aria-expanded', String(all.length > 0));
  input.setAttribute('aria-controls', all.length ? 'search-list' : 'search-popup');
  choose(all[0]);
}

function say(sentence) {
  hidePopup();
  const line = Object.assign(document.createElement('p'), {textContent: sentence});
  line.className = 'hits-summary';
  popup.replaceChildren(line);
  popup.hidden = false;
  spoken.textContent = sentence;
}

function choose(option) {
  active()?.setAttribute('aria-selected', 'false');
  if (!option) {
    input.removeAttribute('aria-activedescendant');
    return;
  }
  option.setAttribute('aria-selected', 'true');
  option.scrollIntoView({block: 'nearest'});
  input.setAttribute('aria-activedescendant', option.id);
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === 'Escape') leave();
  else if (event.key === 'ArrowDown') step(1);
  else if (event.key === 'ArrowUp') step(-1);
  else if (event.key !== 'Enter' || !openChosen(event)) return;
  event.preventDefault();
}

function step(by) {
  const all = options();
  if (!all.length) return;
  choose(all[(all.indexOf(active()) + by + all.length) % all.length]);
}

// Typed on since, the people shown are of another text: then the page of the search answers.
function openChosen(event) {
  const option = active();
  if (!option || shownFor !== input.value) return false;
  if (event.ctrlKey || event.metaKey) window.open(option.href, '_blank', 'noopener');
  else location.assign(option.href);
  return true;
}

if (form) start();
