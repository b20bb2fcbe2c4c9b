import { memo } from 'react';
import type { Schemas } from '../api/client.js';
import { AllocationAnswer } from './allocation.js';
import type { Answered } from './asking.js';
import { ComparisonAnswer } from './comparison.js';
import type { Decision } from './decisions.js';
import { ForecastAnswer } from './forecast.js';
import { OpportunitiesAnswer } from './opportunities.js';
import { RankingAnswer } from './ranking.js';

/** The answer to a decision, as picture and table. */
export const AnswerView = memo(function AnswerView({
  decision,
  question,
  answer,
}: Answered & { readonly decision: Decision }) {
  switch (decision.name) {
    case 'rank':
      return <RankingAnswer answer={answer as Schemas['RankAnswer']} question={question} />;
    case 'forecast':
      return <ForecastAnswer answer={answer as Schemas['ForecastAnswer']} question={question} />;
    case 'compare':
      return <ComparisonAnswer answer={answer as Schemas['CompareAnswer']} question={question} />;
    case 'allocate':
      return <AllocationAnswer answer={answer as Schemas['AllocateAnswer']} question={question} />;
    case 'opportunities':
      return (
        <OpportunitiesAnswer
          answer={answer as Schemas['OpportunitiesAnswer']}
          question={question}
        />
      );
  }
});
