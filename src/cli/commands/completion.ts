/** `walka completion`: scripts by which a shell asks this program what may come next (`complete.ts` answers). */
import type { Command } from 'commander';
import { ConfigError } from '../../config/config-error.ts';
import { didYouMean } from '../../config/nearest.ts';
import type { CommandContext } from '../context.ts';
import { offered } from '../flags.ts';

/** Each asks for words with tab-separated explanations; where none come, files are completed. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# walka completion bash > /etc/bash_completion.d/walka, or: source <(walka completion bash)
_walka() {
  local word words line
  word="\${COMP_WORDS[COMP_CWORD]}"
  words=()
  while IFS= read -r line; do
    line="\${line%%$'\\t'*}"
    [[ "$line" == "$word"* ]] && words+=("$line")
  done < <(walka __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=("\${words[@]}")
  if [[ \${#words[@]} == 1 && "\${words[0]}" == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -o bashdefault -F _walka walka
`,
  zsh: `#compdef walka
# walka completion zsh > "\${fpath[1]}/_walka", or: source <(walka completion zsh)
_walka() {
  local -a words_found
  local line word text
  while IFS= read -r line; do
    word="\${line%%$'\\t'*}"
    text="\${line#*$'\\t'}"
    words_found+=("\${word//:/\\\\:}:$text")
  done < <(walka __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#words_found} )); then
    _describe -V 'walka' words_found
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_walka" ]; then _walka "$@"; else compdef _walka walka; fi
`,
  fish: `# walka completion fish > ~/.config/fish/completions/walka.fish
function __walka_complete
  set -l words (commandline -opc) (commandline -ct)
  walka __complete -- $words[2..-1] 2>/dev/null
end
complete -c walka -n 'test -n "$(__walka_complete)"' -f -a '(__walka_complete)'
`,
};

export function define(completion: Command, { output }: CommandContext): void {
  const shells = Object.keys(SCRIPTS);
  completion
    .argument('<shell>', shells.join(', '), offered(shells))
    .description('Print a script that makes the shell complete commands, flags, topics, groups and settings.')
    .action(async (shell: string) => {
      const script = SCRIPTS[shell];
      if (script === undefined) {
        throw new ConfigError(`completion: unknown shell ${shell}${didYouMean(shell, shells)} (${shells.join(', ')})`);
      }
      await output.write(script);
    });
}
