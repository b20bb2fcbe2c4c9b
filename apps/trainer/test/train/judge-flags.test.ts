import { Command } from 'commander';
import { Reporter } from '../../src/cli/reporter.js';
import { addJudgeFlags, judgeOptions, type JudgeFlags } from '../../src/train/judge-flags.js';

function read(...args: string[]): JudgeFlags {
  const command = addJudgeFlags(new Command('train')).exitOverride();
  command.configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: 'user' }).opts();
}
const plain = { timed: false, mapped: false };
const optionsOf = (...args: string[]) => judgeOptions(read(...args), plain, new Reporter());

describe('the flags of judgement', () => {
  it('by default hold a fifth of the rows out, and write a report', () => {
    expect(optionsOf()).toEqual({ heldOutShare: 0.2, split: { by: 'rows' }, model: 'forest' });
    expect(read().report).toBe(true);
    expect(read('--no-report').report).toBe(false);
  });

  it('choose among models and split by time where the data is mapped and timed', () => {
    const timed = { timed: true, mapped: true };
    expect(judgeOptions(read(), timed, new Reporter())).toMatchObject({
      model: 'auto',
      split: { by: 'time' },
    });
    const told = read('--model', 'forest', '--split-by', 'rows');
    expect(judgeOptions(told, timed, new Reporter())).toMatchObject({
      model: 'forest',
      split: { by: 'rows' },
    });
  });

  it.each([
    [['--model', 'blend'], { model: 'blend' }],
    [['--held-out', '0.5'], { heldOutShare: 0.5 }],
    [['--split-by', 'date'], { split: { by: 'time' } }],
    [['--split-by', 'group'], { split: { by: 'group' } }],
    [['--folds', '4'], { folds: 4 }],
    [['--tune'], { tune: { budgetSeconds: 60 } }],
    [['--tune', '2.5'], { tune: { budgetSeconds: 2.5 } }],
  ])('%j stand for options of the training', (args, wanted) => {
    expect(optionsOf(...args)).toMatchObject(wanted);
  });

  it.each(['average', 'boosted'])('refuse to tune the model %s, which has no forest', (kind) => {
    expect(() => optionsOf('--tune', '--model', kind)).toThrow(`--tune: got --model ${kind}`);
    expect(optionsOf('--tune', '--model', 'blend')).toMatchObject({ model: 'blend' });
  });

  it.each([
    [['--held-out', '1'], /between 0 and 1/],
    [['--split-by', 'moon'], /rows, date, group/],
    [['--model', 'neural'], /auto, average, forest, boosted, blend/],
    [['--folds', '1'], /2 or more/],
    [['--folds', 'many'], /whole number/],
    [['--tune', '0'], /seconds above 0/],
    [['--tune', 'long'], /seconds above 0/],
  ])('%j are refused', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});
