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
    project: 'monitor',
    mayUse: ['ctr', 'stats'],
    because: 'Monitoring judges counted outcomes, whoever counted them and wherever they lie.',
  },
  {
    project: 'api',
    mayUse: ['forest', 'ctr', 'cache', 'stats', 'decisions', 'monitor'],
    because: 'The service answers from a model file and never trains or generates.',
  },
  {
    project: 'trainer',
    mayUse: ['forest', 'ctr', 'datagen', 'decisions', 'monitor'],
    because: 'The trainer writes model files and never serves.',
  },
  {
    project: 'dashboard',
    mayUse: ['forest', 'decisions'],
    because: 'The page runs the model by itself, and asks the service for everything else.',
  },
];

/** Where a project's sources are, from the root of the workspace. */
export const sourceOf = (project) =>
  `${['api', 'trainer', 'dashboard'].includes(project) ? 'apps' : 'libs'}/${project}/src`;

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
      stage: 'kernels',
      mayUse: ['errors'],
      because: 'Kernels are called with addresses and sizes, whatever these mean.',
    },
    {
      stage: 'data',
      mayUse: ['errors', 'random', 'steps', 'kernels'],
      because: 'Rows are coded once, whoever grows or asks trees.',
    },
    {
      stage: 'trees',
      mayUse: ['data'],
      because: 'A tree is arrays; it knows neither how it grew nor who asks it.',
    },
    {
      stage: 'grow',
      mayUse: ['random', 'kernels', 'data', 'trees'],
      because: 'Growing ends with trees.',
    },
    {
      stage: 'judge',
      mayUse: ['errors', 'data', 'trees', 'grow'],
      because: 'Rows out of the bag judge what was grown, and never steer it.',
    },
    {
      stage: 'factory',
      mayUse: ['random', 'data', 'trees', 'grow', 'judge'],
      because: 'Trees of a prepared fit are grown by threads that load nothing else.',
    },
    {
      stage: 'serve',
      mayUse: ['errors', 'random', 'kernels', 'data', 'trees', 'judge'],
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
      stage: 'judged',
      mayUse: ['errors', 'data', 'trees', 'judge', 'model'],
      because: 'Whoever has predictions of rows that a forest did not see may judge it.',
    },
    {
      stage: 'boost',
      mayUse: [
        'errors',
        'random',
        'steps',
        'kernels',
        'data',
        'trees',
        'grow',
        'judge',
        'model',
        'judged',
      ],
      because: 'Boosting composes the stages from rows to a forest, beside the bag.',
    },
    {
      stage: 'fit',
      mayUse: ['errors', 'steps', 'kernels', 'data', 'trees', 'judge', 'factory', 'model'],
      because: 'A fit composes the stages from rows to a forest.',
    },
    {
      stage: 'onnx',
      mayUse: ['errors', 'data', 'trees', 'judge', 'model', 'exchange'],
      because: 'A program that reads no ONNX does not load it.',
    },
    {
      stage: 'node',
      mayUse: [
        'errors',
        'steps',
        'data',
        'trees',
        'grow',
        'judge',
        'factory',
        'serve',
        'model',
        'boost',
        'fit',
      ],
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
      stage: 'words',
      mayUse: ['random', 'extras'],
      because: 'Words and their effects follow from the seed, whatever rows they are shown in.',
    },
    {
      stage: 'period',
      mayUse: ['errors', 'profile'],
      because: 'What changes on a day is settled before anything is drawn.',
    },
    {
      stage: 'sample',
      mayUse: ['errors', 'profile', 'period', 'random', 'extras', 'truth', 'words'],
      because: 'A record is drawn without knowing what it will be kept in.',
    },
    {
      stage: 'generate',
      mayUse: ['errors', 'profile', 'extras', 'words', 'sample'],
      because: 'A table only keeps what was drawn: chance and truth are settled by then.',
    },
    {
      stage: 'noise',
      mayUse: ['errors', 'generate', 'truth', 'words'],
      because: 'The ceilings judge a finished table and draw nothing.',
    },
    {
      stage: 'write',
      mayUse: ['sample', 'generate'],
      because: 'Text is written from records as they are drawn, whatever they mean.',
    },
  ],
  cache: [
    {
      stage: 'errors',
      mayUse: [],
      because: 'A refusal can come from every stage.',
    },
    {
      stage: 'keys',
      mayUse: ['errors'],
      because: 'A key says which answer is meant, wherever that is kept.',
    },
    {
      stage: 'store',
      mayUse: ['errors', 'keys'],
      because: 'A store keeps what it is given and counts nothing.',
    },
    {
      stage: 'tier',
      mayUse: ['errors'],
      because: 'A second tier is another process: it knows texts, not what is behind them.',
    },
    {
      stage: 'measure',
      mayUse: ['keys', 'tier'],
      because: 'Figures are taken from the parts and steer none of them.',
    },
    {
      stage: 'single-flight',
      mayUse: ['keys'],
      because: 'Waiting for an answer on its way has nothing to do with keeping it.',
    },
    {
      stage: 'cells',
      mayUse: ['keys', 'store', 'tier', 'measure', 'single-flight'],
      because: 'The cache of cells composes the parts.',
    },
    {
      stage: 'cache',
      mayUse: ['errors', 'store', 'tier', 'measure', 'cells'],
      because: 'The cache as others see it is made of that of cells and its settings.',
    },
  ],
  monitor: [
    {
      stage: 'cells',
      mayUse: [],
      because: 'Counted outcomes are plain data, whoever reads them.',
    },
    {
      stage: 'errors',
      mayUse: [],
      because: 'A refusal can come from every stage.',
    },
    {
      stage: 'figures',
      mayUse: [],
      because: 'A number is written alike, whatever it says.',
    },
    {
      stage: 'days',
      mayUse: ['errors'],
      because: 'A day is a number, whatever was counted on it.',
    },
    {
      stage: 'sequential',
      mayUse: ['errors'],
      because: 'Evidence is of clicks and expected clicks, whatever segment they are of.',
    },
    {
      stage: 'multiplicity',
      mayUse: [],
      because: 'How many are looked at matters, and not at what.',
    },
    {
      stage: 'maturity',
      mayUse: ['errors', 'days'],
      because: 'Counts grow alike whatever was predicted of them.',
    },
    {
      stage: 'money',
      mayUse: ['cells', 'errors', 'sequential'],
      because: 'What a click is worth does not depend on who missed it.',
    },
    {
      stage: 'ledger',
      mayUse: ['cells', 'errors', 'days'],
      because: 'Cells are kept as columns before anything is asked of them.',
    },
    {
      stage: 'segments',
      mayUse: ['figures', 'days', 'sequential', 'multiplicity', 'money', 'ledger'],
      because: 'Segments are judged by what the ledger holds, for whatever report.',
    },
    {
      stage: 'signs',
      mayUse: ['figures', 'ledger'],
      because: 'Signs look at inputs alone: outcomes are not in yet.',
    },
    {
      stage: 'effectiveness',
      mayUse: ['cells', 'figures', 'days', 'sequential', 'ledger'],
      because: 'People are told what happened, whichever segments are off.',
    },
    {
      stage: 'report',
      mayUse: [
        'cells',
        'errors',
        'figures',
        'days',
        'sequential',
        'maturity',
        'money',
        'ledger',
        'segments',
        'signs',
        'effectiveness',
      ],
      because: 'A report composes the stages and computes nothing that one of them could.',
    },
    {
      stage: 'gate',
      mayUse: [],
      because: 'A canary is judged by counts of two models, whoever reads and serves them.',
    },
    {
      stage: 'experiment',
      mayUse: [],
      because: 'Arms are held against each other, whatever a model expected of them.',
    },
  ],
  stats: [
    {
      stage: 'errors',
      mayUse: [],
      because: 'A refusal can come from every stage.',
    },
    {
      stage: 'histogram',
      mayUse: [],
      because: 'Buckets do not know what falls into them.',
    },
    {
      stage: 'snapshot',
      mayUse: ['errors', 'histogram'],
      because: 'A snapshot is plain data: whoever reads one need not know how it was counted.',
    },
    {
      stage: 'count',
      mayUse: ['errors', 'histogram', 'snapshot'],
      because:
        'Counters give what they counted in the shape of a snapshot, and compute nothing of it.',
    },
    {
      stage: 'figures',
      mayUse: ['histogram', 'snapshot'],
      because: 'Figures are read from snapshots, whoever took or merged them.',
    },
  ],
  ctr: [
    {
      stage: 'errors',
      mayUse: [],
      because: 'A refusal can come from every stage.',
    },
    {
      stage: 'clamp',
      mayUse: [],
      because: 'The range of a CTR is the same for whoever predicts or judges one.',
    },
    {
      stage: 'table',
      mayUse: ['errors'],
      because: 'Data knows nothing of what is made of it.',
    },
    {
      stage: 'words',
      mayUse: ['errors', 'table'],
      because: 'Words become numbers before anything is trained or judged.',
    },
    {
      stage: 'evaluation',
      mayUse: ['clamp', 'table'],
      because: 'Predictions are judged on rows of a table, whoever made them.',
    },
    {
      stage: 'card',
      mayUse: ['table', 'words', 'evaluation'],
      because: 'A card tells how a model was made and how good it is, without having it.',
    },
    {
      stage: 'training',
      mayUse: ['clamp', 'table', 'words', 'evaluation', 'card'],
      because: 'Training ends in a card: what answers or stores a model comes after it.',
    },
    {
      stage: 'record',
      mayUse: ['table', 'words', 'card'],
      because:
        'What a valid record is follows from the card, and from the words that a model knows.',
    },
    {
      stage: 'model',
      mayUse: ['clamp', 'table', 'words', 'card', 'record'],
      because: 'A model answers without what it was trained with.',
    },
    {
      stage: 'objects',
      mayUse: ['errors'],
      because: 'A bucket keeps bytes under names, whatever they are.',
    },
    {
      stage: 'registry',
      mayUse: ['errors', 'card', 'model', 'objects'],
      because: 'A version is a model with its card, wherever it was trained.',
    },
  ],
  decisions: [
    {
      stage: 'errors',
      mayUse: [],
      because: 'A refusal can come from every stage.',
    },
    {
      stage: 'answer',
      mayUse: [],
      because: 'What all answers have does not depend on what was asked.',
    },
    {
      stage: 'request',
      mayUse: ['errors'],
      because: 'Reading a request knows refusals and no decision.',
    },
    {
      stage: 'placement',
      mayUse: ['errors', 'request'],
      because: 'A placement is read as part of a request, whatever is decided of it.',
    },
    {
      stage: 'money',
      mayUse: ['errors', 'request'],
      because: 'Money comes in with a request and is refused like the rest.',
    },
    {
      stage: 'error',
      mayUse: ['answer'],
      because: 'How far predictions err does not depend on the decision that asks.',
    },
    {
      stage: 'steps',
      mayUse: [],
      because: 'The CTR along a quantity that moves is the same for every decision.',
    },
    {
      stage: 'sample-size',
      mayUse: ['error'],
      because: 'A live test is sized by the error alone.',
    },
    {
      stage: 'allocate',
      mayUse: ['errors', 'answer', 'request', 'placement', 'money', 'error', 'steps'],
      because:
        'No decision asks another: allocating is reading, predicting with error and answering.',
    },
    {
      stage: 'curve',
      mayUse: ['answer', 'request', 'placement', 'money', 'error', 'steps'],
      because: 'No decision asks another: a curve moves one quantity of one placement.',
    },
    {
      stage: 'forecast',
      mayUse: ['answer', 'request', 'placement', 'money', 'error'],
      because: 'No decision asks another: a forecast takes placements as they are.',
    },
    {
      stage: 'rank',
      mayUse: ['answer', 'request', 'placement', 'money', 'error'],
      because: 'No decision asks another: a ranking takes placements as they are.',
    },
    {
      stage: 'compare',
      mayUse: ['errors', 'answer', 'request', 'placement', 'error', 'sample-size'],
      because: 'No decision asks another: placements are compared without money.',
    },
    {
      stage: 'opportunities',
      mayUse: ['errors', 'answer', 'request', 'placement', 'error', 'sample-size'],
      because: 'No decision asks another: an opportunity is told without money.',
    },
    {
      stage: 'hindsight',
      mayUse: ['errors', 'answer', 'money', 'error', 'allocate', 'forecast', 'rank'],
      because: 'A decision is judged by what came of it: it is read again, and none is taken.',
    },
  ],
  api: [
    {
      stage: 'connections',
      mayUse: [],
      because: 'A connection is watched alike, whatever is asked on it.',
    },
    {
      stage: 'overload',
      mayUse: [],
      because: 'Admission counts what waits and does not know what is asked.',
    },
    {
      stage: 'problem',
      mayUse: ['connections'],
      because: 'A problem is answered alike, whatever it is about.',
    },
    {
      stage: 'by-line',
      mayUse: [],
      because: 'Whether a body is read line by line follows from its head, whoever asks.',
    },
    {
      stage: 'security',
      mayUse: ['by-line', 'overload', 'problem'],
      because: 'Who may ask is settled before what is asked is read.',
    },
    {
      stage: 'prices',
      mayUse: [],
      because: 'What a click is worth is written alike in settings and in questions.',
    },
    {
      stage: 'secret',
      mayUse: [],
      because: 'What a key is must be known where it is set and where it signs.',
    },
    {
      stage: 'config',
      mayUse: ['security', 'prices', 'secret'],
      because: 'Settings are read before anything that they set up exists.',
    },
    {
      stage: 'telemetry',
      mayUse: ['config'],
      because: 'Telemetry is given what it sends, so that whoever answers may record by it.',
    },
    {
      stage: 'logging',
      mayUse: ['config', 'telemetry'],
      because: 'The log writes what it is given and asks nobody.',
    },
    {
      stage: 'record',
      mayUse: ['by-line', 'problem'],
      because: 'A record is read the same way by every route, whatever model answers it.',
    },
    {
      stage: 'store',
      mayUse: [],
      because: 'The store keeps tables and passes questions on, whoever asks them.',
    },
    {
      stage: 'door',
      mayUse: ['connections', 'problem', 'security', 'logging', 'record'],
      because: 'The door knows how requests are answered, and not what about.',
    },
    {
      stage: 'model',
      mayUse: ['problem', 'security', 'record'],
      because: 'The served model does not know which routes ask it.',
    },
    {
      stage: 'inside',
      mayUse: ['overload', 'problem', 'security', 'logging', 'record', 'model'],
      because:
        'What is inside a version is shown to whoever runs it elsewhere, and answers nothing.',
    },
    {
      stage: 'pool',
      mayUse: ['problem'],
      because: 'A thread is handed models and texts, and does not know which route they came by.',
    },
    {
      stage: 'explain',
      mayUse: ['problem', 'security', 'logging', 'record', 'model', 'pool'],
      because: 'An explanation is asked of the model, not of the route that predicts.',
    },
    {
      stage: 'ids',
      mayUse: ['record'],
      because: 'An id says what was predicted, whoever predicts and whoever reads it later.',
    },
    {
      stage: 'predict',
      mayUse: ['ids', 'problem', 'security', 'logging', 'record', 'model', 'pool', 'explain'],
      because: 'One prediction is answered without what only many need.',
    },
    {
      stage: 'batch',
      mayUse: [
        'connections',
        'overload',
        'problem',
        'security',
        'config',
        'logging',
        'record',
        'model',
        'ids',
        'predict',
      ],
      because: 'Many predictions are single ones, taken in turns.',
    },
    {
      stage: 'decisions',
      mayUse: ['problem', 'security', 'logging', 'record', 'model', 'pool'],
      because: 'A decision asks the model itself, and no other route.',
    },
    {
      stage: 'docs',
      mayUse: ['by-line', 'problem', 'security', 'record'],
      because: 'The documentation is read off the routes, so it knows none of them.',
    },
    {
      stage: 'health',
      mayUse: ['problem', 'logging', 'model'],
      because: 'Whether the service is well is told of its model, not of its traffic.',
    },
    {
      stage: 'inference',
      mayUse: [
        'overload',
        'problem',
        'security',
        'config',
        'logging',
        'record',
        'model',
        'batch',
        'health',
      ],
      because: 'The inference protocol is another writing of batches and of health.',
    },
    {
      stage: 'grpc',
      mayUse: ['problem', 'security', 'config', 'logging', 'inference'],
      because: 'A call over gRPC is an inference like any other, and passes what HTTP passes.',
    },
    {
      stage: 'dashboard',
      mayUse: ['security', 'config'],
      because: 'The page is files: what it shows it asks the other routes for, as everybody does.',
    },
    {
      stage: 'stats',
      mayUse: ['overload', 'problem', 'security', 'telemetry', 'model', 'pool'],
      because: 'Figures are told of what is counted, and steer nothing.',
    },
    {
      stage: 'replicas',
      mayUse: ['security', 'stats'],
      because: 'Replicas share counts, and no model.',
    },
    {
      stage: 'cluster',
      mayUse: ['security', 'config', 'model', 'stats', 'replicas'],
      because: 'Workers share figures and limits as replicas do, and agree on a model.',
    },
    {
      stage: 'outcomes',
      mayUse: [
        'overload',
        'problem',
        'security',
        'config',
        'logging',
        'store',
        'record',
        'model',
        'ids',
        'batch',
      ],
      because: 'Outcomes are judged by nobody here: they are read, kept and told.',
    },
    {
      stage: 'decision-log',
      mayUse: [
        'problem',
        'security',
        'record',
        'store',
        'model',
        'ids',
        'pool',
        'decisions',
        'outcomes',
      ],
      because: 'The log keeps what was decided and judges it by outcomes; it decides nothing.',
    },
    {
      stage: 'experiments',
      mayUse: ['problem', 'security', 'record', 'store', 'model', 'outcomes'],
      because: 'Arms are judged by their outcomes, whatever was predicted or decided of them.',
    },
    {
      stage: 'alerts',
      mayUse: ['store', 'secret'],
      because: 'Alerts are told what is wrong, and do not look for it.',
    },
    {
      stage: 'monitoring',
      mayUse: [
        'problem',
        'security',
        'prices',
        'config',
        'telemetry',
        'store',
        'record',
        'model',
        'stats',
        'outcomes',
        'alerts',
      ],
      because: 'Monitoring reads what came back and tells of it, and changes nothing that serves.',
    },
    {
      stage: 'trial',
      mayUse: ['overload', 'problem', 'security', 'telemetry', 'store', 'model', 'outcomes'],
      because:
        'A trial is judged by outcomes and moves the canary; nothing that serves waits for it.',
    },
    {
      stage: 'training',
      mayUse: ['problem', 'security', 'config', 'record', 'batch', 'stats'],
      because:
        'Training is another program with files of its own; what serves knows of no model before it is published.',
    },
    {
      stage: 'storage',
      mayUse: ['store', 'outcomes', 'decision-log', 'experiments', 'alerts', 'monitoring', 'trial'],
      because: 'What the thread of the store can be asked is put together in this one place.',
    },
    {
      stage: 'loop',
      mayUse: [
        'config',
        'model',
        'pool',
        'stats',
        'ids',
        'outcomes',
        'decision-log',
        'experiments',
        'monitoring',
        'trial',
        'storage',
      ],
      because: 'What learns from outcomes stands behind what serves, and is made from it.',
    },
    {
      stage: 'parts',
      mayUse: [
        'overload',
        'security',
        'config',
        'telemetry',
        'logging',
        'model',
        'pool',
        'explain',
        'predict',
        'dashboard',
        'stats',
        'replicas',
        'training',
        'cluster',
        'loop',
      ],
      because: 'What must exist before Nest is made in this one place.',
    },
    {
      stage: 'app.module',
      mayUse: [
        'security',
        'model',
        'inside',
        'explain',
        'predict',
        'batch',
        'decisions',
        'decision-log',
        'experiments',
        'health',
        'dashboard',
        'inference',
        'outcomes',
        'stats',
        'monitoring',
        'training',
        'trial',
        'parts',
      ],
      because: 'Nest composes the routes from the parts, and configures nothing.',
    },
    {
      stage: 'app',
      mayUse: [
        'problem',
        'security',
        'config',
        'logging',
        'record',
        'door',
        'docs',
        'dashboard',
        'training',
        'inference',
        'parts',
        'app.module',
      ],
      because: 'An app answers requests wherever it is hosted: it neither listens nor ends.',
    },
    {
      stage: 'service',
      mayUse: [
        'connections',
        'problem',
        'security',
        'config',
        'telemetry',
        'logging',
        'health',
        'dashboard',
        'model',
        'inference',
        'grpc',
        'training',
        'stats',
        'replicas',
        'door',
        'app',
      ],
      because: 'The service is the app of the model at hand, made anew for another.',
    },
    {
      stage: 'shutdown',
      mayUse: ['config', 'service'],
      because: 'Leaving is told to the service, which knows what is under way.',
    },
  ],
  trainer: [
    {
      stage: 'cli',
      mayUse: [],
      because: 'How a command is called, stopped and told is the same for all of them.',
    },
    {
      stage: 'decide',
      mayUse: ['cli'],
      because: 'A decision asks a model about a request, and reads no tables.',
    },
    {
      stage: 'language',
      mayUse: [],
      because: 'What platforms call things is the same wherever it is read.',
    },
    {
      stage: 'mapping',
      mayUse: ['cli'],
      because: 'What columns mean is said before anything is opened.',
    },
    {
      stage: 'source',
      mayUse: ['cli', 'language'],
      because: 'A source is read whatever its columns mean.',
    },
    {
      stage: 'rows',
      mayUse: ['cli', 'language', 'mapping', 'source'],
      because: 'Rows are what a mapping makes of a source, whoever wants them.',
    },
    {
      stage: 'warehouse',
      mayUse: ['cli', 'mapping', 'source', 'rows'],
      because: 'A warehouse counts what a mapping makes of its rows, whoever wants the cells.',
    },
    {
      stage: 'score',
      mayUse: ['cli', 'mapping', 'source', 'rows', 'warehouse'],
      because: 'Scoring asks a model about rows, wherever that was trained or is kept.',
    },
    {
      stage: 'service',
      mayUse: ['cli'],
      because: 'A running service is asked alike, whatever it is asked.',
    },
    {
      stage: 'replay',
      mayUse: ['cli', 'service'],
      because: 'A replay tells what a service judged, and judges nothing itself.',
    },
    {
      stage: 'outcomes',
      mayUse: ['cli', 'language', 'mapping', 'source', 'rows', 'score', 'service'],
      because: 'Outcomes are rows of an export, read as a model reads them, and sent.',
    },
    {
      stage: 'exchange',
      mayUse: ['cli', 'mapping', 'score'],
      because: 'Models of other programs come and go as files, without data.',
    },
    {
      stage: 'inspect',
      mayUse: ['cli', 'language', 'mapping', 'source', 'rows', 'warehouse'],
      because: 'Looking at data comes before any model.',
    },
    {
      stage: 'models',
      mayUse: ['cli', 'mapping', 'source', 'rows', 'score'],
      because: 'What is kept is listed, compared and promoted without training.',
    },
    {
      stage: 'report',
      mayUse: [],
      because: 'A report is figures of a model and its rows, and does not know how they are drawn.',
    },
    {
      stage: 'page',
      mayUse: ['report'],
      because: 'The page only lays out what the report says.',
    },
    {
      stage: 'train',
      mayUse: [
        'cli',
        'mapping',
        'source',
        'rows',
        'warehouse',
        'score',
        'inspect',
        'models',
        'report',
        'page',
      ],
      because: 'Training uses what reads, judges and tells, and is asked by nobody but retraining.',
    },
    {
      stage: 'retrain',
      mayUse: [
        'cli',
        'mapping',
        'source',
        'rows',
        'warehouse',
        'score',
        'models',
        'train',
        'service',
      ],
      because: 'Retraining is the last stage: it trains with what a running service has learned.',
    },
    {
      stage: 'commands',
      mayUse: [
        'cli',
        'decide',
        'source',
        'score',
        'exchange',
        'inspect',
        'models',
        'train',
        'outcomes',
        'retrain',
        'replay',
      ],
      because: 'A command says its flags and starts a stage.',
    },
    {
      stage: 'program',
      mayUse: ['cli', 'commands'],
      because: 'The program runs one command, and main can stop it.',
    },
  ],
  dashboard: [
    { stage: 'api', mayUse: [], because: 'Asking the service is the same for every page.' },
    {
      stage: 'shell',
      mayUse: ['api'],
      because: 'What surrounds the pages knows none of them.',
    },
    {
      stage: 'charts',
      mayUse: ['shell'],
      because: 'Charts draw what they are given, in the colours of the page.',
    },
    {
      stage: 'live',
      mayUse: ['api', 'shell', 'charts'],
      because: 'The page of what happens now asks nobody but the service.',
    },
    {
      stage: 'what-if',
      mayUse: ['api', 'shell'],
      because: 'Questions to the model are asked in the page, apart from all other pages.',
    },
    {
      stage: 'decide',
      mayUse: ['api', 'shell', 'charts'],
      because: 'Decisions are asked of the service, apart from all other pages.',
    },
    {
      stage: 'models',
      mayUse: ['api', 'shell', 'charts'],
      because: 'Versions are shown and changed apart from all other pages.',
    },
    {
      stage: 'monitoring',
      mayUse: ['api', 'shell', 'charts'],
      because: 'What came of predictions is shown apart from all other pages.',
    },
    {
      stage: 'data',
      mayUse: ['api', 'shell'],
      because: 'Data is read and trained on apart from all other pages.',
    },
  ],
};
