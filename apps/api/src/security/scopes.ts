/** What a caller may do: ask for predictions and figures, tell and read outcomes, or change what is served. */
export const SCOPES = ['predict', 'outcomes', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Route configuration: needs a key with this scope once keys are set. */
export const PREDICT = { scope: 'predict' } as const satisfies { scope: Scope };
/** Route configuration: needs a key with this scope once keys are set. */
export const OUTCOMES = { scope: 'outcomes' } as const satisfies { scope: Scope };
/** Route configuration: needs a key with the admin scope, always. */
export const ADMIN = { scope: 'admin' } as const satisfies { scope: Scope };
