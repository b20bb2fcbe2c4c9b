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
  'prices above 0, each named once, such as cpc=0.45 or cpc=0.45,device_type:mobile:cpc=0.30, for values of one feature; names are value, cpc and cpm';

const NAMES = { value: 'value_per_click', cpc: 'cpc', cpm: 'cpm' } as const;
const ENTRY = /^(?:([^:=]+):([^:=]+):)?(value|cpc|cpm)=(\d{1,12}(?:\.\d{1,12})?)$/;

type OwnPrice = { -readonly [name in keyof Price]: number };

/** The prices that a text stands for, or undefined if it stands for none. */
export function parsePrices(text: string): Prices | undefined {
  const all: OwnPrice = {};
  const byValue: Record<string, OwnPrice> = Object.create(null);
  let only: string | undefined;
  for (const entry of text === '' ? [] : text.split(',')) {
    const match = ENTRY.exec(entry.trim());
    if (match === null) return undefined;
    const [, feature, value, name, amount] = match;
    if (feature !== undefined && feature !== (only ??= feature)) return undefined;
    const prices = feature === undefined ? all : (byValue[value] ??= {});
    const kind = NAMES[name as keyof typeof NAMES];
    // Nobody can tell which of two is meant.
    if (!(Number(amount) > 0) || prices[kind] !== undefined) return undefined;
    prices[kind] = Number(amount);
  }
  return { ...all, ...(only !== undefined && { by: { feature: only, prices: { ...byValue } } }) };
}
