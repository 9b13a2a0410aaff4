// Pieces of a page that a script makes, and where a floating one is put.

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function button(label, onClick, className = 'small') {
  const made = element('button', {type: 'button', textContent: label, className});
  made.addEventListener('click', onClick);
  return made;
}

// Puts a list or a message under its anchor, or above it where there is no room below.
function placeAt(piece, anchor) {
  const {left, top, bottom} = anchor.getBoundingClientRect();
  // Where it was, at an edge of the window, it would be measured narrower than it is.
  piece.style.left = '0px';
  piece.style.top = '0px';
  const height = piece.offsetHeight;
  const rightmost = document.documentElement.clientWidth - piece.offsetWidth - 4;
  const isBelow = bottom + height + 4 <= innerHeight || top < height + 4;
  piece.style.left = `${Math.max(4, Math.min(left, rightmost))}px`;
  piece.style.top = `${isBelow ? bottom + 2 : top - height - 2}px`;
}

// The path below which a proxy serves the site, such as /idapp; '' usually.
const root = document.documentElement.dataset.root ?? '';

const parseHtml = (html) => new DOMParser().parseFromString(html, 'text/html').body;

export {button, element, parseHtml, placeAt, root};
