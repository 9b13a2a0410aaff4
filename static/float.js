// Puts a floating piece (list, message) under an element, or above it where there is no room below.

export function placeAt(piece, anchor) {
  const box = anchor.getBoundingClientRect();
  piece.style.left = '0px';
  piece.style.top = '0px';
  const width = piece.offsetWidth, height = piece.offsetHeight;
  const below = box.bottom + height + 4 <= innerHeight || box.top < height + 4;
  piece.style.left = `${Math.max(4, Math.min(box.left, document.documentElement.clientWidth - width - 4))}px`;
  piece.style.top = `${below ? box.bottom + 2 : box.top - height - 2}px`;
}
