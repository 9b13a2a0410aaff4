"""Photos of cards to try: invented pupils of one class, as a family would send them by Zalo.

A card of 85.6 x 54 mm with its QR code at the real size, marked as a specimen, lying a little askew on a table.
"""

import io
from random import Random

import segno
from PIL import Image, ImageDraw, ImageFont

from idapp.demo.invented import Citizen
from idapp.rules.folding import fold
from idapp.settings import Settings

FOLDER = "demo-anh-the"
CLASS_NAME = "5A"
_PHOTOS = 8
_CARD_MM = (85.6, 54.0)
_CODE_MM = 16.0
_DOTS = 20  # pixels for each millimetre
_PAPER = (206, 226, 214)
_INK = (60, 66, 72)
_TABLE = (124, 98, 74)
_ODD_CODE = "https://vi-du.example/vneid?khong-phai-ma-the"


def write_photos(settings: Settings, everybody: list[Citizen], seed: int) -> None:
    """Some pupils' cards, those with mistakes in the table first; the last photo shows a code that is no card's."""
    folder = settings.data / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    chance = Random(seed)  # noqa: S311
    pupils = [citizen for citizen in everybody if _is_of_class(citizen)]
    pupils.sort(key=lambda citizen: citizen.typed == citizen.values)
    photos = [(code_of(citizen.values), citizen.values) for citizen in pupils[:_PHOTOS]]
    if pupils:
        photos.append((_ODD_CODE, pupils[-1].values))
    for number, (code, values) in enumerate(photos, start=1):
        card = card_image(code, values["full_name"], values["identity_number"])
        picture = on_a_table(card, (1600, 1200), angle=chance.uniform(-12, 12))
        file = folder / f"anh-the-{number:02d}.jpg"
        file.touch(mode=0o600)
        picture.save(file, "JPEG", quality=80)


def _is_of_class(citizen: Citizen) -> bool:
    return citizen.class_name == CLASS_NAME and citizen.kind == "student" and not citizen.foreign


def code_of(values: dict[str, str], issued: str = "10072021") -> str:
    """The text of a card's code; ``values`` of a record. See ``rules.card``."""
    residence = [values.get("address", "")]
    for level in ("commune", "district", "province"):
        residence.append(values.get(level, ""))
    fields = [
        values["identity_number"],
        "",
        values["full_name"],
        values["date_of_birth"].replace("/", ""),
        values["gender"],
        ", ".join(filter(None, residence)),
        issued,
    ]
    return "|".join(fields)


def card_image(code: str, name: str = "", number: str = "") -> Image.Image:
    """A card with this text in its code, from straight above; the letters of the font are without marks."""
    card = Image.new("RGB", (_pixels(_CARD_MM[0]), _pixels(_CARD_MM[1])), _PAPER)
    draw = ImageDraw.Draw(card)
    draw.rectangle((_pixels(3), _pixels(16), _pixels(23), _pixels(43)), fill=(150, 160, 172))
    lines = ["MAU - KHONG CO GIA TRI", number, fold(name).upper()]
    for line, text in enumerate(lines):
        font = ImageFont.load_default(_pixels(3.2))
        draw.text((_pixels(27), _pixels(24 + 6 * line)), text, fill=_INK, font=font)
    square = io.BytesIO()
    segno.make(code, error="m", micro=False, encoding="utf-8").save(square, kind="png", scale=8)
    side = _pixels(_CODE_MM)
    with Image.open(square) as image:
        printed = image.convert("RGB").resize((side, side))
    card.paste(printed, (_pixels(_CARD_MM[0] - 3) - side, _pixels(3)))
    return card


def on_a_table(
    card: Image.Image, size: tuple[int, int], *, angle: float = 0, share: float = 0.75
) -> Image.Image:
    """A photo of ``size`` pixels; the card takes ``share`` of its width and is turned by ``angle`` degrees."""
    picture = Image.new("RGB", size, _TABLE)
    width = round(size[0] * share)
    lying = card.resize((width, round(width * card.height / card.width)), Image.Resampling.LANCZOS)
    turned = lying.convert("RGBA").rotate(angle, Image.Resampling.BICUBIC, expand=True)
    place = ((size[0] - turned.width) // 2, (size[1] - turned.height) // 2)
    picture.paste(turned, place, turned.getchannel("A"))
    return picture


def _pixels(millimetres: float) -> int:
    return round(millimetres * _DOTS)
