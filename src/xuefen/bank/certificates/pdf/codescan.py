"""Run as a program of its own: a picture or a scanned PDF on standard input, what its QR codes say as JSON on standard output.

The readers behind this are native code, and the files are strangers': so little memory, little time, and no more than so
many points or pages; when this process dies nothing else does. Any exit code but 0: no picture that can be read.
"""

import io
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 20
LOOKING_SECONDS = 8.0  # of CPU; then what was found so far counts
MOST_POINTS = 64_000_000  # larger cameras exist; their JPEG is read at a half or a quarter
LONGEST = 4096
MOST_PAGES = 30
DOTS = 200.0
SMALL = 6_000_000
FORMATS = ("PNG", "JPEG", "WEBP")


def texts(image: Any) -> list[str]:
    """What the QR codes in a picture say; a small picture is tried enlarged and sharpened as well."""
    import zxingcpp
    from PIL import Image, ImageFilter

    kinds = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    found = [code.text for code in zxingcpp.read_barcodes(image, formats=kinds)]
    if found or image.width * image.height > SMALL:
        return found
    larger = image.resize((image.width * 2, image.height * 2), Image.Resampling.LANCZOS)
    larger = larger.filter(ImageFilter.UnsharpMask(radius=3, percent=200, threshold=2))
    return [code.text for code in zxingcpp.read_barcodes(larger, formats=kinds)]


def picture(data: bytes) -> Iterator[Any]:
    """A photo, grey and no larger than needed; then, when that was smaller than it is, as it is."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # a bomb is told here, before anything is unpacked
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_POINTS * (4 if opened.format == "JPEG" else 1):
            raise ValueError("too many points")
        opened.draft("L", (LONGEST, LONGEST))
        grey = opened.convert("L")
    fit = grey.copy()
    fit.thumbnail((LONGEST, LONGEST))
    yield fit
    if fit.size != grey.size and grey.width * grey.height <= MOST_POINTS:
        yield grey


def pages(data: bytes) -> Iterator[Any]:
    """The pages of a PDF as pictures, the last one first: there our certificates carry their code."""
    import pypdfium2

    pdf = pypdfium2.PdfDocument(data)
    for n in list(reversed(range(len(pdf))))[:MOST_PAGES]:
        page = pdf[n]
        scale = min(DOTS / 72, LONGEST / max(*page.get_size(), 1.0))
        yield page.render(scale=scale, grayscale=True).to_pil().convert("L")


def main() -> int:
    os.nice(10)  # behind the pages, as for the other readers
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    data = sys.stdin.buffer.read()
    is_pdf = data.startswith(b"%PDF-")
    found: list[str] = []
    for image in pages(data) if is_pdf else picture(data):
        found += texts(image)
        if (found and not is_pdf) or time.process_time() > LOOKING_SECONDS:
            break
    sys.stdout.write(json.dumps(sorted(set(found))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
