/** Text as HTML shows it, in an element or a quoted attribute. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A cell of a table: words to the left, numbers to the right. */
export type Cell = string | number | null | { readonly html: string };

export interface Table {
  /** Names of the columns; none at all if every one is empty. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Columns that hold numbers told as words, such as intervals. */
  readonly right?: readonly number[];
}

/** A table; numbers are told with up to five significant digits. */
export function tableOf({ head, rows, right = [] }: Table): string {
  const isRight = (column: number): boolean =>
    right.includes(column) || rows.some((row) => typeof row[column] === 'number');
  const attribute = (column: number): string => (isRight(column) ? ' class="number"' : '');
  const heads = head.map((text, i) => `<th scope="col"${attribute(i)}>${escapeText(text)}</th>`);
  const isNamed = head.some((text) => text !== '');
  const top = isNamed ? `<thead><tr>${heads.join('')}</tr></thead>` : '';
  const lines = rows.map((row) => {
    const cells = row.map((cell, i) => {
      const tag = i === 0 ? 'th scope="row"' : 'td';
      return `<${tag}${attribute(i)}>${told(cell)}</${tag.slice(0, 2)}>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table>${top}<tbody>${lines.join('')}</tbody></table></div>`;
}

function told(cell: Cell): string {
  if (cell === null) return '–';
  if (typeof cell === 'object') return cell.html;
  return escapeText(typeof cell === 'number' ? tellExactly(cell) : cell);
}

/** Whole numbers with spaces between thousands, others with five significant digits. */
export function tellExactly(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return value.toLocaleString('en').replaceAll(',', '\u202f');
  return String(Number(value.toPrecision(5))).replace('-', '−');
}

/** A share as per cent, three significant digits. */
export function tellShare(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
