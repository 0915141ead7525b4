"""Which encoding a text is in, by evidence: UTF-8 and UTF-16 prove themselves, GB18030 and
Windows-1252 do not.

GB18030 takes nearly any bytes: `München` of Windows-1252 becomes `M黱chen`. So a text is Chinese
only when its characters are those that Chinese texts use, and Western only when its letters stand
as Western words have them. When neither is plain, or both are, nobody guesses."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from stores.geo.regions import regions

UTF_8, UTF_16, GB18030, WINDOWS_1252 = "utf-8", "utf-16", "gb18030", "cp1252"
MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
SAMPLE = 200_000  # bytes of lines that are not ASCII
_NAMED_OFTEN = 5
_USUAL = (
    "的门有客已户导不没在一属销请位购码分新用或其期入归单后本这是次个时保到天商为中经重您号日进件数写可区计最变前录内会访按定行下部款同未结关更文他配"
    "存与密接了编置该之和改订近原于标则发护退选家任人过查域上此问奖作间每售月开合无规成登至加全两励记留专自效闭好示多先除里公名只列第填条地另被友链现业"
    "处出总看空以复来符要何生表因度模转束方起由指范围再明目据所点版对收店铺超市商场广路街道楼层号室旗舰体验专卖直营加盟便利百货购物茶咖啡饮品餐厅"
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔"
    "康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂梅玉兰红建国华志春晓婷雪琳佳"
)
_UNWESTERN = re.compile(
    "[ÐðÝýÞþŠšŽžŸ]"  # Turkish, Czech or the Mac, rather than Iceland
    # signs within words
    "|(?<=[A-Za-zÀ-ÿ])[¡-©«-®±-¶¸¹»-¿×÷ƒ†‡ˆ‰‹›˜]|[¡-©«-®±-¶¸¹»-¿×÷ƒ†‡ˆ‰‹›˜](?=[a-zÀ-ÿ])"
    "|(?<=[A-Za-z])[‚„”“…•™](?=[A-Za-z])|(?<=[A-Za-z])[À-ÖØ-ÞŒ](?=[a-z])"
    "|[À-ÖØ-ÞŒ][À-ÖØ-öø-ÿŒœ]|(?<![A-Za-z])[À-ÖØ-öø-ÿŒœ]{2}(?![A-Za-z])|[\x80-\uffff]{3}"
)
_WORD = re.compile(r"\w+")


def sample_of(content: bytes) -> bytes:
    """Its lines that are not ASCII, as many as tell enough."""
    kept, size = list[bytes](), 0
    for line in content.split(b"\n"):
        if not line.isascii():
            kept.append(line)
            size += len(line)
            if size > SAMPLE:
                break
    return b"\n".join(kept)


def likely(sample: bytes) -> str | None:
    """GB18030 or WINDOWS_1252 for lines that are not UTF-8; None when the evidence is not plain."""
    chinese, western = _is_chinese(sample), _is_western(sample)
    if chinese == western:
        return None
    return GB18030 if chinese else WINDOWS_1252


def _is_chinese(sample: bytes) -> bool:
    try:
        text = sample.decode(GB18030)
    except UnicodeDecodeError:
        return False
    letters = [each for each in text if each > "\x7f"]
    if any("\ue000" <= each <= "\uf8ff" for each in letters):
        return False
    everyday = sum(_in_gb2312(each) for each in letters)
    characters = [each for each in letters if "\u3400" <= each <= "\u9fff"]
    usual = sum(each in _usual_characters() for each in characters)
    return everyday * 5 >= len(letters) * 4 and usual * 5 >= 2 * len(characters)


def _in_gb2312(letter: str) -> bool:
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _is_western(sample: bytes) -> bool:
    try:
        text = sample.decode(WINDOWS_1252)
    except UnicodeDecodeError:
        return False
    quotes = sum(text.count(each) for each in "“”„")
    czech = "ø" in text and any(each in text for each in "èìòù")  # ř with č, ě, ň, ů
    return not _UNWESTERN.search(text) and not quotes % 2 and not czech


@cache
def _usual_characters() -> frozenset[str]:
    """Of names of people, shops and places."""
    counted = Counter("".join(region.name for region in regions().values()))
    return frozenset(_USUAL) | {
        letter for letter, count in counted.items() if count >= _NAMED_OFTEN
    }


def words_to_look_at(text: str, most: int = 3) -> str:
    """The first words with letters that only the encoding tells, for somebody to see whether they
    are right."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        if not match[0].isascii() and match[0][:40] not in found:
            found.append(match[0][:40])
        if len(found) == most:
            break
    return ", ".join(found)
