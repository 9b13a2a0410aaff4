// The same folding as idapp/rules/folding.fold: search without diacritics, "nguyen" finds "Nguyễn".

export function fold(text) {
  return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[đð]/g, 'd').replace(/[’ʼ‘\u0060´ʻ]/g, "'")
    .replace(/\s+/g, ' ').trim();
}

export const hasEveryWord = (text, query) => {
  const folded = fold(text);
  return fold(query).split(' ').every((word) => folded.includes(word));
};
