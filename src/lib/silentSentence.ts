/** Why an edit in a silent MLP comes to nothing, and where to go: for the settings and for the edit's warnings. */
export function silentSentence(layers: readonly number[], defaultLayer: number): string {
  const which =
    layers.length === 1
      ? `MLP of layer ${layers[0]} writes nothing in this model: its output`
      : `MLPs of layers ${layers.join(", ")} write nothing in this model: their output`;
  return (
    `The ${which} weights are all zero. No fact is kept there, and an update that is bounded by what the MLP writes, ` +
    `such as ROME’s, comes to nothing. Layer ${defaultLayer} is this model’s default.`
  );
}
