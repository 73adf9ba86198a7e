"""Build the wheel, install it alone into an empty environment, and see that it serves pages.

Proves that templates, static files, translations and migrations are in it (nothing of the checkout is on the
path of the installed one).
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, str(ROOT)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        wheel = next(place.glob("*.whl"))
        venv.create(place / "env", with_pip=True)
        python = place / "env" / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        locked = ["--require-hashes", "--only-binary=:all:", "-r", str(ROOT / "requirements" / "run.txt")]
        subprocess.run([*pip, *locked], check=True)
        subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
        web, message = free_port(), free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "PAC_WEB_PORT": str(web),
            "PAC_MESSAGE_PORT": str(message),
            "PAC_DATA_DIR": str(place / "data"),
        }
        server = subprocess.Popen([str(place / "env" / "bin" / "pac"), "serve"], env=environment, cwd=folder)
        try:
            deadline = time.monotonic() + READY_WITHIN_S
            while True:
                try:
                    with urllib.request.urlopen(f"http://localhost:{web}/login", timeout=2) as page:
                        text = page.read().decode()
                    break
                except OSError:
                    if time.monotonic() > deadline or server.poll() is not None:
                        print("The installed wheel does not serve its sign-in page.")
                        return 1
                    time.sleep(0.1)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
    if "<form" not in text or "/static/" not in text:
        print("The sign-in page of the installed wheel has no form or no style.")
        return 1
    print(f"{wheel.name} runs when installed alone.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
