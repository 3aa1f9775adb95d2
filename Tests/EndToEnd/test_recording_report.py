# SPDX-License-Identifier: Apache-2.0
"""Reports, tables and cuts of a recording of the real shop; the page is looked at in a real browser."""
import csv
import html
import io
import json
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest
from conftest import BIN, Program
from shop import Shop
from test_recording import Recorder, lines, tool

ROOT = pathlib.Path(__file__).resolve().parents[2]
DUCKDB = ROOT / ".build/duckdb/bin/python"
CHROMIUM = shutil.which("chromium")

# Beside the page, not in it: the page itself runs no script.
HARNESS = """<!DOCTYPE html><html><body><script>
addEventListener("load", () => {
  const measured = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument, view = frame.contentWindow, width = view.innerWidth;
    const box = element => element.getBoundingClientRect();
    const all = [...page.querySelectorAll("main *")];
    return {
      width, scroll: page.documentElement.scrollWidth,
      dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
      background: view.getComputedStyle(page.body).backgroundColor,
      open: view.getComputedStyle(page.querySelector("rect.open")).fill,
      beyond: all.filter(each => box(each).right > width + 1 || box(each).left < -1)
        .map(each => each.tagName + " " + each.textContent.slice(0, 60)),
      strips: [...page.querySelectorAll(".lane .strip")].map(each => box(each).width),
      rects: [...page.querySelectorAll(".strip rect.open")].map(each => [box(each).width, box(each).height]),
      curves: [...page.querySelectorAll(".plot svg path.line")].map(each => [box(each).width, box(each).height]),
      hidden: all.filter(each => ["H1", "H2", "LI", "TD", "FIGCAPTION"].includes(each.tagName)
        && each.textContent.trim() && !(box(each).height > 8 && box(each).width > 20))
        .map(each => each.tagName + " " + each.textContent.slice(0, 60)),
      text: page.body.innerText,
    };
  });
  document.body.textContent = "MEASURED" + JSON.stringify(measured) + "END";
});
</script>%s</body></html>"""


def chromium(page, *arguments):
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
         "--enable-logging=stderr", "--log-level=0", "--virtual-time-budget=5000", *arguments, page.as_uri()],
        capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr, [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout


def measured(page, tmp_path, *arguments):
    frames = "".join(
        f'<iframe style="border:0;width:{width}px;height:3000px" srcdoc="{html.escape(page.read_text())}"></iframe>'
        for width in (1200, 400))
    harness = tmp_path / "harness.html"
    harness.write_text(HARNESS % frames)
    dom = chromium(harness, "--dump-dom", *arguments)
    return json.loads(html.unescape(re.search("MEASURED(.*)END", dom, re.DOTALL)[1]))


@pytest.fixture(scope="module")
def incident(tmp_path_factory):
    """Half a minute of the shop: its payments fail, somebody forces a circuit, a service is killed."""
    folder = tmp_path_factory.mktemp("incident")
    environment = dict(BREAKERTOP_DIR=str(folder / "s"), BREAKERTOP_OPERATOR="tester", XDG_STATE_HOME=str(folder))
    (folder / "s").mkdir(mode=0o700)
    program = Program(environment)
    path = folder / "shop.btrec"
    steps = [{"at": 6, "service": "payments", "endpoint": "POST /charge", "fail": 1}]
    with Shop(BIN / "shop", environment, folder, steps) as shop, Recorder(folder / "s", path) as recorder:
        recorder.wait_for('"to":"open"', 40)
        done = program.run(
            "open", "gateway/inventory.catalog", "--for", "5m", "--reason", "<b>a|b`c</b>", "--as", "robot")
        assert done.returncode == 0, done.stderr
        time.sleep(3)
        done = program.run("clear", "gateway/inventory.catalog", "--reason", "over", "--as", "robot")
        assert done.returncode == 0, done.stderr
        # Several segments, so that something is left when one is damaged.
        while lines(path).count('"keyframe":{') < 2:
            time.sleep(0.5)
        shop.kill("orders")
        recorder.wait_for('"phase":"lost"', 20)
        time.sleep(2)
        recorder.stop()
    return path


def test_the_report_tells_what_happened(incident, tmp_path):
    said = tool("report", incident)
    assert said.returncode == 0, said.stderr
    text = said.stdout
    assert "The first to open was `orders-1/payments.charge`" in text and "HTTP 503" in text
    assert "forced `gateway-1/inventory.catalog` **open** for 5 min, because “``<b>a|b`c</b>``”" in text, text
    assert "was cleared by `robot" in text and "calls were refused**" in text
    assert re.search(r"\| `orders-1` \| lost: ", text) and "■" in text
    done = tool("report", incident, "--markdown", tmp_path / "a.md", "--html", tmp_path / "a.html")
    assert done.returncode == 0 and done.stdout == "" and (tmp_path / "a.md").read_text() == text
    done = tool("report", incident, "--html", tmp_path / "a.html")
    assert done.returncode == 1 and "exists already" in done.stderr


def test_the_page_is_readable_in_a_browser(incident, tmp_path):
    if not CHROMIUM:
        pytest.fail("chromium is needed: apt-get install chromium; Tests/run does")
    page = tmp_path / "report.html"
    assert tool("report", incident, "--html", page).returncode == 0
    source = page.read_text()
    assert "<script" not in source and "http://" not in source and "https://" not in source and "@import" not in source
    for dark in (False, True):
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        wide, narrow = measured(page, tmp_path, *scheme)
        for seen in (wide, narrow):
            assert seen["dark"] == dark and seen["scroll"] <= seen["width"], seen
            assert seen["beyond"] == [] and seen["hidden"] == [], seen
            assert len(seen["strips"]) >= 4 and min(seen["strips"]) > 0.5 * seen["width"], seen["strips"]
            assert any(width > 5 and height > 10 for width, height in seen["rects"]), seen["rects"]
            assert any(width > 3 and height > 10 for width, height in seen["curves"]), seen["curves"]
            assert "payments.charge" in seen["text"] and "<b>a|b`c</b>" in seen["text"]
        assert (wide["background"] == "rgb(255, 255, 255)") != dark and wide["open"] != wide["background"]
    picture = tmp_path / "report.png"
    chromium(page, f"--screenshot={picture}", "--window-size=1200,2000")
    assert picture.stat().st_size > 50_000


def test_cat_prints_what_watch_prints_and_the_lines_themselves(incident):
    said = tool("cat", incident)
    assert said.returncode == 0 and "payments.charge: went from closed to open, failure ratio" in said.stdout
    assert re.search(r"^\d\d:\d\d:\d\d UTC orders-1: lost: ", said.stdout, re.MULTILINE), said.stdout
    assert said.stdout.index("publishes its circuits") < said.stdout.index("to open")
    raw = tool("cat", "--json", incident)
    assert raw.returncode == 0 and raw.stdout == lines(incident)
    late = tool("cat", incident, "--from", "-2s").stdout
    assert "publishes" not in late and len(late) < len(said.stdout)


def test_what_is_damaged_is_said_and_the_rest_is_printed(incident, tmp_path):
    damaged = bytearray(incident.read_bytes())
    damaged[len(damaged) // 2] ^= 0x10
    path = tmp_path / "damaged.btrec"
    path.write_bytes(damaged)
    for arguments in (["cat"], ["cat", "--json"], ["export", "--csv"]):
        done = tool(*arguments, path)
        assert done.returncode == 1 and "damaged.btrec: " in done.stderr and done.stdout, (arguments, done)


def test_times_are_understood_or_refused_in_words(incident):
    for bad, status in (("soon", 64), ("25:00", 64), ("+3h", 64), ("2020-01-01T00:00:00Z", 64)):
        done = tool("report", incident, "--from", bad)
        assert done.returncode == status and ("no time of a recording" in done.stderr or "not in the recording" in done.stderr), done
    done = tool("report", incident, "--from", "-1s", "--to", "+1s")
    assert done.returncode == 64 and "--from is after --to" in done.stderr
    assert "of which this is about" in tool("report", incident, "--from", "+5s", "--to=-3s").stdout


def test_the_table_has_each_row_with_the_fields_of_the_protocol(incident):
    said = tool("export", "--csv", incident)
    assert said.returncode == 0
    rows = list(csv.DictReader(io.StringIO(said.stdout, newline="")))
    assert list(rows[0])[:5] == ["time", "source", "service", "instance", "circuit"] and "win_failed" in rows[0]
    sent = [
        row for line in map(json.loads, lines(incident).splitlines())
        if line.get("line", {}).get("type") == "sample" for row in line["line"]["rows"]]
    assert 100 < len(rows) <= len(sent)
    charge = [row for row in rows if row["circuit"] == "payments.charge"]
    assert {"closed", "open"} <= {row["state"] for row in charge} and charge[-1]["instance"] == "orders-1"
    assert int(charge[-1]["calls_total"]) >= int(charge[0]["calls_total"])
    part = tool("export", "--csv", incident, "--from", "+5s", "--to", "+8s").stdout
    assert 2 < len(part.splitlines()) < len(said.stdout.splitlines())
    head = subprocess.run(
        f"'{BIN}/breakertop' recording export --csv '{incident}' | head -n 1; exit ${{PIPESTATUS[0]}}", shell=True,
        executable="/bin/bash", capture_output=True, text=True, timeout=20, check=False)
    assert head.stdout.startswith("time,source,") and head.returncode == 0 and head.stderr == ""


def test_a_cut_is_a_recording_of_its_own_and_parts_make_the_whole_again(incident, tmp_path):
    early, late, whole = tmp_path / "early.btrec", tmp_path / "late.btrec", tmp_path / "whole.btrec"
    done = tool("cut", incident, early, "--to", "+15s")
    assert done.returncode == 0 and str(early) in done.stderr, done
    assert tool("cut", incident, late, "--from", "+10s").returncode == 0
    assert tool("verify", early).returncode == 0 and "not ended" not in tool("verify", early).stdout
    done = tool("cut", incident, early)
    assert done.returncode == 1 and "exists already" in done.stderr
    done = tool("merge", whole, early, late)
    assert done.returncode == 0 and "2 recordings" in done.stderr, done
    assert tool("verify", whole).returncode == 0

    def states(path):
        return [line for line in tool("cat", path).stdout.splitlines() if " went from " in line]

    assert states(whole) == states(incident) and len(states(incident)) > 1
    done = tool("merge", whole, early)
    assert done.returncode == 1 and "exists already" in done.stderr
    done = tool("merge", tmp_path / "x", early, tmp_path / "none")
    assert done.returncode == 1 and "none" in done.stderr and not (tmp_path / "x").exists()


@pytest.mark.skipif(not DUCKDB.exists(), reason="DuckDB is not there; Tests/run installs it")
def test_the_queries_of_the_readme_are_answered(incident, tmp_path):
    (tmp_path / "friday.btrec").write_bytes(incident.read_bytes())
    (tmp_path / "friday.csv").write_text(tool("export", "--csv", incident).stdout)
    queries = re.search(r"duckdb <<'SQL'\n(.*?)SQL\n", (ROOT / "README.md").read_text(), re.DOTALL)[1].split(";")[:2]
    program = "import duckdb, json, sys; print(json.dumps([duckdb.sql(q).fetchall() for q in json.load(sys.stdin)], default=str))"
    done = subprocess.run(
        [DUCKDB, "-c", program], input=json.dumps(queries), cwd=tmp_path, capture_output=True, text=True, timeout=60,
        check=False)
    assert done.returncode == 0, done.stderr
    minutes, circuits = json.loads(done.stdout)
    assert sum(count for _, count in minutes) == lines(incident).count('"kind":"state","from":"closed","to":"open"') + (
        lines(incident).count('"kind":"state","from":"half_open","to":"open"'))
    assert ["orders", "payments.charge"] in [circuit[:2] for circuit in circuits if circuit[2] >= 1], circuits
