/**
 * The edges of the design, one line each. `mayUse` is everything of ours that a project may
 * import; whatever else is imported gets `because` as its lint error.
 */
export const boundaries = [
  {
    project: 'forest',
    mayUse: [],
    because: 'The forest knows nothing of ads or services, so that anyone can import it alone.',
  },
  {
    project: 'datagen',
    mayUse: [],
    because: 'The generator is the outside truth that models are judged by: it must not know them.',
  },
  {
    project: 'cache',
    mayUse: [],
    because: 'The cache stores whatever it is given, so a change of model can never break it.',
  },
  {
    project: 'stats',
    mayUse: [],
    because:
      'Statistics count what they are told, so the hot path depends on nothing but counters.',
  },
  {
    project: 'ctr',
    mayUse: ['forest'],
    because: 'The CTR model is a use of the forest, and serving and training both stand on it.',
  },
  {
    project: 'decisions',
    mayUse: ['ctr'],
    because: 'Decisions are maths over CTR predictions, whatever predicts them.',
  },
  {
    project: 'api',
    mayUse: ['forest', 'ctr', 'cache', 'stats', 'decisions'],
    because: 'The service answers from a model file and never trains or generates.',
  },
  {
    project: 'trainer',
    mayUse: ['forest', 'ctr', 'datagen', 'decisions'],
    because: 'The trainer writes model files and never serves.',
  },
];

/** Where a project's sources are, from the root of the workspace. */
export const sourceOf = (project) =>
  `${['api', 'trainer'].includes(project) ? 'apps' : 'libs'}/${project}/src`;

export const noNestInLibs = 'Nest belongs to apps: a library must work in any program.';

/**
 * The way through each project's own sources, first to last. A stage is a folder of `src` or, at its
 * top, a file; it may import the stages that `mayUse` names, all of them earlier ones, and whoever
 * imports another gets `because` as the lint error. `index.ts` and `main.ts` put the stages together:
 * they may import each, and nobody imports them.
 */
export const entries = ['index', 'main'];

export const stages = {
  forest: [
    { stage: 'errors', mayUse: [], because: 'An error can be thrown from every stage.' },
    { stage: 'random', mayUse: [], because: 'Random numbers do not know what they decide.' },
    {
      stage: 'steps',
      mayUse: [],
      because: 'Work in steps is a way to wait, whatever the work.',
    },
    {
      stage: 'data',
      mayUse: ['errors', 'random', 'steps'],
      because: 'Rows are coded once, whoever grows or asks trees.',
    },
    {
      stage: 'trees',
      mayUse: ['data'],
      because: 'A tree is arrays; it knows neither how it grew nor who asks it.',
    },
    {
      stage: 'grow',
      mayUse: ['random', 'data', 'trees'],
      because: 'Growing ends with trees.',
    },
    {
      stage: 'judge',
      mayUse: ['errors', 'data', 'trees', 'grow'],
      because: 'Rows out of the bag judge what was grown, and never steer it.',
    },
    {
      stage: 'serve',
      mayUse: ['random', 'data', 'trees', 'judge'],
      because: 'Serving sees finished trees, and only folds the calibration in.',
    },
    {
      stage: 'model',
      mayUse: ['errors', 'data', 'trees', 'judge', 'serve'],
      because: 'A forest is its parts with what answers for them.',
    },
    {
      stage: 'exchange',
      mayUse: ['errors', 'data', 'trees', 'model'],
      because: 'Formats come and go without the rest knowing.',
    },
    {
      stage: 'explain',
      mayUse: ['errors', 'random', 'steps', 'data', 'trees', 'judge', 'serve', 'model'],
      because: 'Explanations ask a forest; nothing depends on them.',
    },
    {
      stage: 'fit',
      mayUse: ['errors', 'random', 'steps', 'data', 'trees', 'grow', 'judge', 'model'],
      because: 'A fit composes the stages from rows to a forest.',
    },
    {
      stage: 'onnx',
      mayUse: ['errors', 'data', 'trees', 'judge', 'model', 'exchange'],
      because: 'A program that reads no ONNX does not load it.',
    },
    {
      stage: 'node',
      mayUse: ['errors', 'steps', 'data', 'trees', 'judge', 'serve', 'model', 'fit'],
      because: 'What needs Node stays out of browsers.',
    },
  ],
  datagen: [
    {
      stage: 'errors',
      mayUse: [],
      because: 'An error can be thrown from anywhere, so it knows nobody.',
    },
    {
      stage: 'profile',
      mayUse: ['errors'],
      because: 'A profile is constants: what is made of them is for others to say.',
    },
    {
      stage: 'random',
      mayUse: [],
      because: 'Random numbers do not depend on what they are drawn for.',
    },
    {
      stage: 'extras',
      mayUse: ['random'],
      because: 'The extra features are drawn apart, so that they move no other draw.',
    },
    {
      stage: 'truth',
      mayUse: ['errors', 'profile', 'extras'],
      because: 'The true CTR is a function of the record, without chance.',
    },
    {
      stage: 'sample',
      mayUse: ['errors', 'profile', 'random', 'extras', 'truth'],
      because: 'A record is drawn without knowing what it will be kept in.',
    },
    {
      stage: 'generate',
      mayUse: ['errors', 'profile', 'extras', 'sample'],
      because: 'A table only keeps what was drawn: chance and truth are settled by then.',
    },
    {
      stage: 'noise',
      mayUse: ['errors', 'generate', 'truth'],
      because: 'The ceilings judge a finished table and draw nothing.',
    },
    {
      stage: 'write',
      mayUse: ['sample', 'generate'],
      because: 'Text is written from records as they are drawn, whatever they mean.',
    },
  ],
};
