"""How the stepper looks: its style sheet."""

from __future__ import annotations

from helpers.look import FOCUS, STYLE_OF

__all__ = ["LOOK", "NARROW"]

RUN, BAD, HELD, DULL, GOOD = (
    STYLE_OF[one].fill for one in ("running", "gil", "lock", "sleep", "network")
)
HATCH = f"repeating-linear-gradient(135deg, {HELD} 0 3px, transparent 3px 7px)"
LINE = "rgba(127, 127, 127, 0.4)"
TINT = "rgba(45, 140, 210, 0.2)"
NARROW = 46  # em: the width below which the workers stand under one another
LOOK = f"""<style>
{FOCUS}
.lanes-step {{ font: 14px/20px 'DejaVu Sans', sans-serif; color: inherit;
  container-type: inline-size }}
.lanes-step .say {{ border-left: 6px solid {RUN}; padding: 0.3em 0.8em; margin: 0.2em 0 0.6em;
  font-size: 1.12em; line-height: 1.5 }}
.lanes-step .say.won {{ border-color: {BAD} }}
.lanes-step .say.held {{ border-color: {GOOD} }}
.lanes-step .seats {{ display: grid; gap: 0.6em; grid-auto-columns: minmax(0, 1fr);
  grid-auto-flow: column }}
.lanes-step .seat {{ border: 1px solid {LINE}; border-top: 6px solid {RUN}; padding: 0.2em 0.6em }}
.lanes-step .seat.waits {{ border-top-color: transparent; border-image: none;
  background: {HATCH} top left / 100% 6px no-repeat }}
.lanes-step .seat.ended, .lanes-step .seat.over {{ border-top-color: {DULL} }}
.lanes-step .name {{ font-size: 1.15em; font-weight: bold }}
.lanes-step .did {{ min-height: 20px }}
.lanes-step .does {{ min-height: 40px }}
.lanes-step .quiet {{ opacity: 0.78; font-size: 0.93em }}
.lanes-step code {{ font: 13px/20px var(--jp-code-font-family, monospace); background: none;
  color: inherit; padding: 0 }}
.lanes-step .code {{ font: 13px/20px var(--jp-code-font-family, monospace); white-space: normal;
  margin: 0.3em -0.6em; padding: 0; background: none; color: inherit }}
.lanes-step .code > span {{ display: block; position: relative; white-space: pre-wrap;
  overflow-wrap: anywhere; padding: 0 0.6em 0 calc(3.4em + var(--in) * 1ch);
  text-indent: calc(var(--in) * -1ch); min-height: 20px }}
.lanes-step .code i {{ opacity: 0.55; font-style: normal; position: absolute; left: 0;
  width: 2.8em; text-align: right; text-indent: 0 }}
.lanes-step .code .here {{ background: {TINT} }}
.lanes-step .code .here i {{ opacity: 1; font-weight: bold }}
.lanes-step u {{ font-weight: bold; text-decoration-thickness: 2px; text-underline-offset: 3px }}
.lanes-step .both {{ display: grid; gap: 0.3em 1.5em; margin: 0.7em 0;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) }}
.lanes-step .title {{ font-weight: bold; border-bottom: 2px solid currentColor;
  margin-bottom: 0.2em }}
.lanes-step .value {{ display: grid; grid-template-columns: minmax(6em, max-content) 1fr;
  gap: 0 1em }}
.lanes-step .value code {{ overflow-wrap: anywhere }}
.lanes-step .guard {{ display: flex; flex-wrap: wrap; gap: 0.2em 0.5em; align-items: center;
  padding: 0.15em 0 }}
.lanes-step .slot {{ display: inline-block; padding: 0 0.6em; border: 2px solid {HELD};
  border-radius: 3px; min-width: 1.2em; text-align: center }}
.lanes-step .slot.taken {{ background: {HELD}; color: black; font-weight: bold }}
.lanes-step .slot.free {{ opacity: 0.8 }}
.lanes-step .queue {{ display: inline-block; padding: 0 0.6em 0 1em; border: 1px solid {LINE};
  background: {HATCH} left / 0.6em 100% no-repeat }}
@container (max-width: {NARROW}em) {{
  .lanes-step .seats {{ grid-auto-flow: row }}
  .lanes-step .both {{ grid-template-columns: minmax(0, 1fr) }}
}}
</style>"""
