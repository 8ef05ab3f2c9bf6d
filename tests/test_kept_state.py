"""What the app remembers, and that nothing it finds there keeps it from starting."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tui.kept_state import KeptState, read_state, write_state
from tui.live_marks import MARKS
from tui.live_picture import Look

json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    st.builds(
        KeptState,
        st.text(), st.text(), st.text(), st.text(),
        st.builds(Look, st.sampled_from(["picture", "zones", "depth"]),
                  st.frozensets(st.sampled_from(sorted(MARKS)))),
    )
)  # fmt: skip
def test_what_is_kept_comes_back(tmp_path_factory, state):
    path = tmp_path_factory.getbasetemp() / "kept" / "app.json"
    write_state(path, state)
    assert read_state(path) == state
    assert [entry.name for entry in path.parent.iterdir()] == ["app.json"]


@given(st.dictionaries(st.sampled_from(["camera", "theme", "view", "marks"]), json_values))
def test_a_damaged_state_is_no_obstacle(tmp_path_factory, found):
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_text(json.dumps(found))
    assert isinstance(read_state(path), KeptState)


def test_no_state_and_no_json_are_a_first_start(tmp_path):
    assert read_state(tmp_path / "none.json") == KeptState()
    (tmp_path / "half.json").write_text('{"camera": "sim')
    assert read_state(tmp_path / "half.json") == KeptState()


def test_a_cut_out_is_not_taken_up_again(tmp_path):
    write_state(tmp_path / "app.json", KeptState(look=Look("cut-out on white")))
    assert read_state(tmp_path / "app.json").look == Look()
