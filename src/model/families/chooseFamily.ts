/** Finds the family a config.json asks for, or says what this engine would need to run it. */
import { AppError } from "../../lib/errors";
import type { ConfigFields } from "../configFields";
import type { Family } from "./family";

/** By `model_type` and `architectures`; either may be absent, but not both. Throws `unsupported` or `missing`. */
export function chooseFamily(fields: ConfigFields, families: readonly Family[]): Family {
  const modelType = fields.has("model_type") ? fields.text("model_type") : undefined;
  const architecture = fields.texts("architectures")?.[0];
  if (modelType === undefined && architecture === undefined)
    throw fields.fail("missing", "model_type", "is missing");
  const family = families.find(
    (one) =>
      (modelType === undefined || one.modelType === modelType) &&
      (architecture === undefined || one.architecture === architecture),
  );
  if (family === undefined) throw unsupported(fields, modelType, architecture, families);
  refuseForeignParts(fields);
  return family;
}

function unsupported(
  fields: ConfigFields,
  modelType: string | undefined,
  architecture: string | undefined,
  families: readonly Family[],
): AppError {
  const asked = [architecture, modelType && `model_type ${modelType}`].filter((part) => part !== undefined);
  const known = families.map(({ architecture }) => architecture).join(", ");
  return new AppError(
    "unsupported",
    `${fields.file}: the architecture “${asked.join(", ").slice(0, 120)}” is not supported; ` +
      `this engine lacks ${missingPart(fields, modelType)}.`,
    `Choose a model of one of these architectures: ${known}.`,
    { file: fields.file, field: "architectures", modelType, architecture },
  );
}

/** Names, from tell-tale fields, what a foreign architecture needs that is not here. */
function missingPart(fields: ConfigFields, modelType: string | undefined): string {
  if (fields.has("num_local_experts") || fields.has("num_experts")) return "mixture-of-experts layers";
  if (fields.has("state_size") || fields.has("ssm_cfg") || /mamba|rwkv/.test(modelType ?? "")) {
    return "recurrent (state-space) layers";
  }
  if (fields.has("text_config") || fields.has("vision_config")) return "the parts that read images";
  if (fields.has("encoder_layers") || fields.boolean("is_encoder_decoder", false)) return "an encoder";
  return "a description of its blocks";
}

/** Settings any family may carry that change the computation in ways not implemented here. */
function refuseForeignParts(fields: ConfigFields): void {
  const remedy = "Choose a model without this setting.";
  for (const flag of ["add_cross_attention", "is_encoder_decoder", "use_bidirectional_attention"]) {
    if (fields.boolean(flag, false))
      throw fields.fail("unsupported", flag, "is true, which is not supported", remedy);
  }
  for (const name of ["attn_logit_softcapping", "final_logit_softcapping", "quantization_config"]) {
    if (fields.has(name)) throw fields.fail("unsupported", name, "is set, which is not supported", remedy);
  }
}
