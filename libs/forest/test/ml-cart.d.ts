declare module 'ml-cart' {
  export class DecisionTreeRegression {
    constructor(options: { minNumSamples?: number; maxDepth?: number; gainThreshold?: number });
    train(x: number[][], y: number[]): void;
    predict(x: number[][]): number[];
    toJSON(): unknown;
  }
}
