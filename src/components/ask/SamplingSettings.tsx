/** How the continuation is drawn: length, temperature and the usual limits, with a seed. */
import { Switch } from "@mantine/core";
import { useSlice, useWorkspace } from "../workspaceContext";
import { SlidersIcon } from "../ui/icons";
import { NumberField } from "../ui/NumberField";
import { Setting, SettingsPopover } from "../ui/SettingsPopover";

export function SamplingSettings() {
  const { stores } = useWorkspace();
  const sampling = useSlice("ask", (state) => state.sampling);
  const hasChat = useSlice("model", (state) => state.model?.hasChatTemplate ?? false);
  const { setSampling } = stores.ask.getState();
  return (
    <SettingsPopover name="How it writes" label={<SlidersIcon />}>
      <Setting label="Tokens at most">
        <NumberField
          label="Tokens at most"
          integer
          min={1}
          max={512}
          value={sampling.maxTokens}
          onCommit={(value) => setSampling({ maxTokens: value ?? 24 })}
        />
      </Setting>
      <Setting
        label="Temperature"
        hint="0 takes the likeliest word each time; 1 draws as the model believes."
      >
        <NumberField
          label="Temperature"
          min={0}
          max={5}
          value={sampling.temperature}
          onCommit={(value) => setSampling({ temperature: value ?? 0 })}
        />
      </Setting>
      <Setting label="Top k" hint="Draw among the k likeliest only. With temperature above 0.">
        <NumberField
          label="Top k"
          integer
          min={1}
          max={1000}
          value={sampling.topK}
          onCommit={(value) => setSampling({ topK: value ?? 40 })}
        />
      </Setting>
      <Setting label="Top p" hint="Draw among the likeliest that together reach this probability.">
        <NumberField
          label="Top p"
          min={0.01}
          max={1}
          value={sampling.topP}
          onCommit={(value) => setSampling({ topP: value ?? 1 })}
        />
      </Setting>
      <Setting label="Seed">
        <NumberField
          label="Seed"
          integer
          min={0}
          max={2 ** 32 - 1}
          value={sampling.seed}
          onCommit={(value) => setSampling({ seed: value ?? 1 })}
        />
      </Setting>
      {hasChat ? (
        <Setting label="As a chat message" hint="Wraps the prompt in the model's own chat template.">
          <Switch
            checked={sampling.chat}
            aria-label="As a chat message"
            onChange={(event) => setSampling({ chat: event.currentTarget.checked })}
          />
        </Setting>
      ) : null}
    </SettingsPopover>
  );
}
