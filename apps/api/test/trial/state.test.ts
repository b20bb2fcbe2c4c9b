import {
  abort,
  agreement,
  confirm,
  end,
  grow,
  hold,
  percentOf,
  promote,
  resume,
  type TrialState,
} from '../../src/trial/state.js';
import { begun, NOW } from './states.js';

const at = (percent: number) => ({ version: 'b', percent });
const running = confirm(begun());
const grown = grow(running, 1, NOW + 1, 'grown');

/** What a trial makes of a registry whose pointer is `a`. */
const sees = (state: TrialState, canary: object | null, current = 'a') =>
  agreement(state, { current, canary: canary as never });

describe('a trial and the registry', () => {
  it('agree where the registry says what is wanted, and else it is still to be told', () => {
    expect(sees(begun(), null)).toBe('untold');
    expect(sees(begun(), at(1))).toBe('agreed');
    expect(sees(grown, at(1))).toBe('untold');
    expect(sees(grown, at(5))).toBe('agreed');
    const aborting = abort(grown, 'gate', NOW, 'off');
    expect(sees(aborting, at(1))).toBe('untold');
    expect(sees(aborting, at(5))).toBe('untold');
    expect(sees(aborting, null)).toBe('agreed');
    const promoting = promote(grown, 'gate', NOW, 'good');
    expect(sees(promoting, at(5))).toBe('untold');
    expect(sees(promoting, at(5), 'b')).toBe('untold');
    expect(sees(promoting, null, 'b')).toBe('agreed');
  });

  it('goes on from what was tried before it', () => {
    const before = { version: 'c', percent: 30 };
    expect(sees(begun({ before }), before)).toBe('untold');
    expect(sees(begun({ before }), null)).toHaveProperty('changed');
  });

  it('disagree where somebody else has changed either', () => {
    for (const canary of [null, at(7), { version: 'c', percent: 1 }]) {
      expect(sees(running, canary)).toEqual({
        changed: expect.stringContaining('changed by hand, or by another program'),
      });
    }
    expect(sees(running, at(1), 'c')).toEqual({
      replaced: 'the current version was replaced by c',
    });
    expect(sees(running, null, 'b')).toEqual({ replaced: expect.stringContaining('promoted by') });
    expect(sees(promote(running, 'gate', NOW, ''), at(1), 'c')).toHaveProperty('replaced');
  });
});

describe('the state of a trial', () => {
  it('is told at every step with who decided, and why', () => {
    const steps = [
      resume(hold(grown, NOW + 2), NOW + 3),
      promote(grown, 'operator', NOW + 4, 'promoted by an operator'),
      end(grown, NOW + 5, 'somebody else'),
    ];
    const [resumed, promoted, ended] = steps.map(({ history }) =>
      history.map(({ event, by, percent }) => [event, by, percent]),
    );
    expect(resumed).toEqual([
      ['begun', 'operator', 1],
      ['grown', 'gate', 5],
      ['held', 'operator', 5],
      ['resumed', 'operator', 5],
    ]);
    expect(promoted.at(-1)).toEqual(['promoted', 'operator', 100]);
    expect(ended.at(-1)).toEqual(['ended', 'operator', 0]);
  });

  it('is over once the registry does as was decided', () => {
    expect(confirm(promote(grown, 'gate', NOW, '')).status).toBe('promoted');
    expect(confirm(abort(grown, 'gate', NOW, '')).status).toBe('aborted');
    expect(confirm(end(grown, NOW, '', true)).status).toBe('ended');
    expect(end(grown, NOW, '').status).toBe('ended');
    expect(confirm(grown)).toMatchObject({ status: 'running', confirmed: at(5) });
    expect(percentOf(confirm(promote(grown, 'gate', NOW, '')))).toBe(100);
    expect(percentOf(abort(grown, 'gate', NOW, ''))).toBe(0);
  });

  it('does not note what an operator says twice', () => {
    const held = hold(grown, NOW);
    expect(hold(held, NOW + 1)).toBe(held);
    expect(resume(grown, NOW)).toBe(grown);
  });

  it('keeps no more than its last hundred events, those of earlier trials included', () => {
    const { history } = grown;
    const second = begun({ history });
    expect([second.history.length, second.events]).toEqual([3, 1]);
    expect(second.history.slice(0, 2)).toEqual(history);
    let state = running;
    for (let i = 0; i < 80; i++) state = resume(hold(state, NOW), NOW);
    expect(state.history).toHaveLength(100);
    expect(state.history.at(-1)!.event).toBe('resumed');
  });
});
