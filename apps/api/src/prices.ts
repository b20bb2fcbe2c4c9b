/** What clicks or impressions are worth, in the form that @adscale/monitor takes. */
export interface Price {
  readonly value_per_click?: number;
  readonly cpc?: number;
  readonly cpm?: number;
}

export interface Prices extends Price {
  /** Other prices for some values of one feature, or of `campaign` or `placement`. */
  readonly by?: { readonly feature: string; readonly prices: Readonly<Record<string, Price>> };
}

export const PRICES_WANTED =
  'prices such as cpc=0.45 or cpc=0.45,device_type:mobile:cpc=0.30, for values of one feature; names are value, cpc and cpm';

const NAMES = { value: 'value_per_click', cpc: 'cpc', cpm: 'cpm' } as const;
const ENTRY = /^(?:([^:=]+):([^:=]+):)?(value|cpc|cpm)=(\d+(?:\.\d+)?)$/;

/** The prices that a text stands for, or undefined if it stands for none. */
export function parsePrices(text: string): Prices | undefined {
  const all: { [name in keyof Price]: number } = {};
  const byValue: Record<string, Price> = Object.create(null);
  let only: string | undefined;
  for (const entry of text === '' ? [] : text.split(',')) {
    const match = ENTRY.exec(entry.trim());
    if (match === null) return undefined;
    const [, feature, value, name, amount] = match;
    const price = { [NAMES[name as keyof typeof NAMES]]: Number(amount) };
    if (feature === undefined) Object.assign(all, price);
    else if (feature !== (only ??= feature)) return undefined;
    else byValue[value] = { ...byValue[value], ...price };
  }
  return { ...all, ...(only !== undefined && { by: { feature: only, prices: { ...byValue } } }) };
}
