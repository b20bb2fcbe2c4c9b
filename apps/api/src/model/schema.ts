import type { RecordFeature, RecordSchema } from '@adscale/ctr';

/**
 * Why a model with schema `offered` cannot answer requests made for `served`, or undefined if it
 * can. Descriptions and examples may differ, and so may the order, because requests name their
 * fields. Everything that decides whether a value is valid must be the same. Vocabularies may differ:
 * any word is valid, and each model reads it by its own. So may the value that a bias is held at.
 */
export function schemaMismatch(served: RecordSchema, offered: RecordSchema): string | undefined {
  const features = new Map(offered.features.map((feature) => [feature.name, feature]));
  for (const feature of served.features) {
    const other = features.get(feature.name);
    if (other === undefined) return `feature ${feature.name} is missing`;
    const difference = featureMismatch(feature, other);
    if (difference !== undefined) return difference;
    features.delete(feature.name);
  }
  const [extra] = features.keys();
  return extra === undefined ? undefined : `feature ${extra} is not one that routes expect`;
}

function featureMismatch(wanted: RecordFeature, got: RecordFeature): string | undefined {
  const { name } = wanted;
  const [expected, offered] = [rangeOf(wanted), rangeOf(got)];
  if (expected !== offered) return `feature ${name} is ${offered}, routes expect ${expected}`;
  const [words, others] = [categoriesOf(wanted), categoriesOf(got)];
  for (let i = 0; i < Math.max(words.length, others.length); i++) {
    if (words[i] === others[i]) continue;
    return `category ${i + 1} of feature ${name} is ${quoted(others[i])}, routes expect ${quoted(words[i])}`;
  }
  return undefined;
}

/** The kind of a feature, its bounds and whether a value may be missing. */
function rangeOf(feature: RecordFeature): string {
  const { missing, bias } = feature;
  const kind =
    feature.kind === 'word' && feature.whole === true ? 'whole-number word' : feature.kind;
  // Whether some word was empty in training is chance: a model answers such records either way.
  const mayLack = missing === true && feature.kind !== 'word';
  const parts = [
    kind,
    ...boundsOf(feature),
    ...(mayLack ? ['or missing'] : []),
    ...(bias === undefined ? [] : ['or held']),
  ];
  return parts.join(' ');
}

function boundsOf(feature: RecordFeature): string[] {
  if (feature.kind === 'categorical' || feature.kind === 'word') return [];
  const { minimum, maximum } = feature;
  const exclusive = feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  return [
    ...(exclusive === undefined ? [] : [`> ${exclusive}`]),
    ...(minimum === undefined ? [] : [`>= ${minimum}`]),
    ...(maximum === undefined ? [] : [`<= ${maximum}`]),
  ];
}

function categoriesOf(feature: RecordFeature): readonly string[] {
  return feature.kind === 'categorical' ? feature.categories : [];
}

function quoted(word: string | undefined): string {
  return word === undefined ? 'absent' : JSON.stringify(word);
}
