"""Telephone numbers in one form, E.164: `+8613800138000` for whatever way of writing that number
(ITU-T E.164, national trunk prefixes). Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

LONGEST = 60  # characters of a text that may be a number
# Country codes with their countries; the first of a code stands for it.
_CODES = """1 US CA PR DO JM BS BB TT GU BM KY; 7 RU KZ; 20 EG; 27 ZA; 30 GR; 31 NL; 32 BE; 33 FR; 34 ES; 36 HU; 39 IT VA; 40 RO; 41 CH; 43 AT; 44 GB GG IM JE; 45 DK;
46 SE; 47 NO; 48 PL; 49 DE; 51 PE; 52 MX; 53 CU; 54 AR; 55 BR; 56 CL; 57 CO; 58 VE; 60 MY; 61 AU; 62 ID; 63 PH; 64 NZ; 65 SG; 66 TH; 81 JP; 82 KR; 84 VN; 86 CN; 90 TR;
91 IN; 92 PK; 93 AF; 94 LK; 95 MM; 98 IR; 211 SS; 212 MA; 213 DZ; 216 TN; 218 LY; 220 GM; 221 SN; 222 MR; 223 ML; 224 GN; 225 CI; 226 BF; 227 NE; 228 TG; 229 BJ; 230 MU;
231 LR; 232 SL; 233 GH; 234 NG; 235 TD; 236 CF; 237 CM; 238 CV; 239 ST; 240 GQ; 241 GA; 242 CG; 243 CD; 244 AO; 245 GW; 248 SC; 249 SD; 250 RW; 251 ET; 252 SO; 253 DJ;
254 KE; 255 TZ; 256 UG; 257 BI; 258 MZ; 260 ZM; 261 MG; 262 RE; 263 ZW; 264 NA; 265 MW; 266 LS; 267 BW; 268 SZ; 269 KM; 290 SH; 291 ER; 297 AW; 298 FO; 299 GL; 350 GI;
351 PT; 352 LU; 353 IE; 354 IS; 355 AL; 356 MT; 357 CY; 358 FI; 359 BG; 370 LT; 371 LV; 372 EE; 373 MD; 374 AM; 375 BY; 376 AD; 377 MC; 378 SM; 380 UA; 381 RS; 382 ME;
383 XK; 385 HR; 386 SI; 387 BA; 389 MK; 420 CZ; 421 SK; 423 LI; 501 BZ; 502 GT; 503 SV; 504 HN; 505 NI; 506 CR; 507 PA; 508 PM; 509 HT; 590 GP; 591 BO; 592 GY; 593 EC;
594 GF; 595 PY; 596 MQ; 597 SR; 598 UY; 599 CW; 670 TL; 673 BN; 674 NR; 675 PG; 676 TO; 677 SB; 678 VU; 679 FJ; 680 PW; 682 CK; 685 WS; 686 KI; 687 NC; 688 TV; 689 PF;
691 FM; 692 MH; 850 KP; 852 HK; 853 MO; 855 KH; 856 LA; 880 BD; 886 TW; 960 MV; 961 LB; 962 JO; 963 SY; 964 IQ; 965 KW; 966 SA; 967 YE; 968 OM; 970 PS; 971 AE; 972 IL;
973 BH; 974 QA; 975 BT; 976 MN; 977 NP; 992 TJ; 993 TM; 994 AZ; 995 GE; 996 KG; 998 UZ"""
# What is dialled before a national number and is no part of it; a code that is not named here has
# none, or its zero belongs to the number (Italy, Ivory Coast).
_ZERO = """20 27 31 32 33 40 41 43 44 46 49 51 53 54 55 58 60 61 62 63 64 66 81 82 84 86 90 91 92 93 94 95 98 212 213 218 233 234 249 250 251 254 255
256 260 261 263 264 353 355 358 359 373 374 380 381 382 383 385 386 387 389 421 423 591 593 595 597 598 850 855 856 880 886 961 962 963 964
966 967 970 971 972 976 977 994 995 996"""
_TRUNKS = {
    **dict.fromkeys(_ZERO.split(), "0"),
    "1": "1",
    "7": "8",
    "36": "06",
    "370": "0",
    "375": "80",
    "992": "8",
    "993": "8",
}
# How many digits a national number has at least, where a number that begins with its own country's
# code might be taken for one.
_SHORTEST = {
    "1": 10,
    "7": 10,
    "34": 9,
    "39": 9,
    "45": 8,
    "47": 8,
    "48": 9,
    "30": 10,
    "52": 10,
    "55": 10,
    "57": 10,
    "63": 10,
    "65": 8,
    "86": 10,
    "90": 10,
    "91": 10,
    "351": 9,
    "352": 8,
    "356": 8,
    "357": 8,
    "371": 8,
    "372": 7,
    "420": 9,
    "852": 8,
    "853": 8,
    "354": 7,
    "376": 6,
    "506": 8,
    "507": 7,
    "502": 8,
    "503": 8,
    "504": 8,
    "505": 8,
}
_NUMBER = re.compile(r"\+?[0-9]{5,17}")


def plain(text: str) -> str | None:
    """Digits, with + before a country's code where it was written; None for what is no number.
    Signs between digits, `tel:`, a spreadsheet's `.0` and the zero in brackets of `+44 (0)20` fall
    away."""
    text = (
        unicodedata.normalize("NFKC", text[: LONGEST + 1])
        .strip()
        .removeprefix("'")
        .lower()
        .removeprefix("tel:")
        .strip()
    )
    if len(text) > LONGEST:
        return None
    if re.fullmatch(r"\+?[0-9]+\.0+", text):
        text = text.partition(".")[0]
    if text.startswith(("+", "00")):
        text = re.sub(r"\(0\)", "", text)
    text = re.sub(r"[\s().\-\u2010-\u2015\u2212/\u200b-\u200f\u202a-\u202e\u2060\ufeff]", "", text)
    return text if _NUMBER.fullmatch(text) else None


def e164(text: str, country: str | None) -> str | None:
    """The number with + and its country's code, that of `country` where none is written; without a
    country what has no code stays as it is. None for what is no number."""
    digits = plain(text)
    if digits is None:
        return None
    code = calling_code(country)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif code == "1" and digits.startswith("011") and len(digits) > 11:
        digits = "+" + digits[3:]
    if not digits.startswith("+") and code is not None:
        digits = "+" + (digits if _is_whole(digits, code) else code + _without_trunk(digits, code))
    if not digits.startswith("+"):
        return digits
    own = code_of(digits)
    return digits if own is None else f"+{own}{_without_trunk(digits[1 + len(own) :], own)}"


def parts(number: str) -> tuple[str, str] | None:
    """The country's code and the national number of an E.164 number; None for another."""
    code = code_of(number)
    return None if code is None else (code, number[1 + len(code) :])


def calling_code(country: str | None) -> str | None:
    return _by_country().get(country or "")


def trunk_of(code: str) -> str:
    return _TRUNKS.get(code, "")


def code_of(number: str) -> str | None:
    """No code begins with another."""
    known = _known()
    return next(
        (
            number[1 : 1 + length]
            for length in (1, 2, 3)
            if number.startswith("+") and number[1 : 1 + length] in known
        ),
        None,
    )


def _is_whole(digits: str, code: str) -> bool:
    """Whether digits without a + begin with the country's code all the same: what follows is a
    whole national number, and all is too long to be one."""
    return digits.startswith(code) and len(digits) - len(code) >= _SHORTEST.get(code, 9)


def _without_trunk(national: str, code: str) -> str:
    trunk = _TRUNKS.get(code, "")
    if not trunk or not national.startswith(trunk) or len(national) - len(trunk) < 5:
        return national
    if code == "7" and len(national) < 11 or code == "1" and len(national) < 11:
        return national  # +7 812 ... is Saint Petersburg
    return national[len(trunk) :]


@cache
def _by_country() -> dict[str, str]:
    return {
        country: code
        for line in _CODES.split(";")
        for code, *countries in [line.split()]
        for country in countries
    }


@cache
def _known() -> frozenset[str]:
    return frozenset(_by_country().values())
