"""Decisions in words, Chinese and English: one sentence for the visitor, one line for each rung
(A16, H2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from stores.network.sight import Sight
from stores.routing.entry_reading import names_of, trace_of, what_would_change

SENTENCES = {
    "HQ_PIN": ("总部为您指定了{store}。", "Headquarters assigned you to {store}."),
    "MANUAL": ("您自己选择了{store}。", "You chose {store} yourself."),
    "HOME_PROTECTED": (
        "{store}是您的归属门店，正在保护期内。",
        "{store} is your home store and still in its protection period.",
    ),
    "ENTRY_PARAM": (
        "您通过{store}的二维码或导购链接进入。",
        "You came by a code or guide link of {store}.",
    ),
    "HOME": ("{store}是您的归属门店。", "{store} is your home store."),
    "ENTRY_CACHED": (
        "您最近通过{store}的二维码或导购链接进入过。",
        "You recently came by a code or guide link of {store}.",
    ),
    "LAST_VISIT": (
        "您上次访问的是{store}，它仍服务您所在的位置。",
        "You last visited {store}, and it still serves where you are.",
    ),
    "TERRITORY": (
        "您所在的位置属于{store}经销商的专属区域。",
        "Your location lies in the territory of the dealer of {store}.",
    ),
    "SERVICE_AREA": (
        "您所在的位置在{store}的配送范围内。",
        "Your location lies in the delivery area of {store}.",
    ),
    "RADIUS": (
        "您所在的位置在{store}的服务半径内。",
        "Your location lies within the service radius of {store}.",
    ),
    "NEAREST": (
        "{store}是离您最近的门店{distance}。",
        "{store} is the store nearest to you{distance}.",
    ),
    "REGION": (
        "没有可用的位置，{store}服务您所在的地区。",
        "Without a usable location, {store} serves your region.",
    ),
    "DEFAULT": (
        "没有可用的位置，由品牌默认门店{store}为您服务。",
        "Without a usable location, the brand's default store {store} serves you.",
    ),
    "PICKER": ("请从列表中选择门店。", "Please choose a store from the list."),
}
TIES = {
    "home": ("距离相近，优先您的归属门店", "equally near, your home store goes first"),
    "last_visit": (
        "距离相近，优先您上次访问的门店",
        "equally near, the store you last visited goes first",
    ),
    "open_now": ("距离相近，优先正在营业的门店", "equally near, the store open now goes first"),
    "priority": (
        "距离相近，优先权重更高的门店",
        "equally near, the store of higher priority goes first",
    ),
    "nearer": ("距离相近，取更近的门店", "the nearer one goes first"),
    "store_code": (
        "距离相同，按门店编号",
        "at the same distance, the smaller store code goes first",
    ),
}
OUTCOMES = {
    "matched": ("匹配", "matched"),
    "full": ("门店已满", "the store is full"),
    "not_pinned": ("未指定", "nobody pinned a store"),
    "no_choice": ("没有手动选择", "no choice of the visitor's own"),
    "outside_isolated_area": (
        "所选门店不属于该隔离区",
        "the chosen store is none of the isolated area",
    ),
    "switching_off": ("不允许切换", "switching is off"),
    "no_home": ("没有归属门店", "no home store"),
    "protection_over": ("保护期已过", "the protection period is over"),
    "no_parameter": ("没有有效的入口参数", "no valid entry parameter"),
    "channel_over": ("渠道已失效", "the channel is no longer valid"),
    "guide_left": ("导购已离职", "the guide has left"),
    "binding_expired": ("绑定已过期", "the binding has expired"),
    "travel": ("离归属门店太远", "too far from the home store"),
    "no_recent_visit": ("近期没有访问", "no recent visit"),
    "no_longer_covers": ("上次的门店不再覆盖该位置", "the last store no longer covers the place"),
    "no_location": ("没有位置", "no location"),
    "outside_territories": ("不在专属区域内", "outside all territories"),
    "no_open_store_of_dealer": ("经销商没有可用门店", "the dealer has no eligible store"),
    "outside_service_areas": ("不在配送范围内", "outside all service areas"),
    "no_radius_set": ("没有设置服务半径", "no store has a service radius"),
    "outside_radii": ("不在服务半径内", "outside all radii"),
    "no_store": ("没有可用门店", "no eligible store"),
    "too_far": ("最近的门店太远", "the nearest store is too far"),
    "no_region": ("地区未知", "region unknown"),
    "no_default_for_region": ("该地区没有默认门店", "no default store for the region"),
    "no_default": ("没有品牌默认门店", "no default store of the brand"),
    "no_rung_matched": ("没有匹配的规则", "no rule matched"),
    "store_unknown": ("门店未知", "the store is unknown"),
    "store_closed": ("门店已关闭", "the store is closed"),
    "store_paused": ("门店已暂停", "the store is paused"),
    "store_cloud_shop_off": ("云店未开启", "its cloud shop is off"),
    "store_not_open_yet": ("门店尚未开业", "the store is not open yet"),
    "store_coordinates_withdrawn": ("门店坐标已撤回", "its coordinates are withdrawn"),
    "store_no_contract": ("没有有效的加盟合同", "no contract in force"),
}
RUNG_NAMES = {
    "HQ_PIN": ("总部指定", "Pinned by headquarters"),
    "MANUAL": ("客户自选", "Customer's own choice"),
    "HOME_PROTECTED": ("保护期内的归属门店", "Home store, protected"),
    "ENTRY_PARAM": ("入口二维码或链接", "Code or link of this arrival"),
    "HOME": ("归属门店", "Home store"),
    "ENTRY_CACHED": ("最近的二维码或链接", "Last code or link"),
    "LAST_VISIT": ("上次访问", "Last visit"),
    "TERRITORY": ("专属区域", "Exclusive territory"),
    "SERVICE_AREA": ("配送范围", "Delivery area"),
    "RADIUS": ("服务半径", "Service radius"),
    "NEAREST": ("最近门店", "Nearest store"),
    "REGION": ("地区默认门店", "Default store of the region"),
    "DEFAULT": ("品牌默认门店", "Default store of the brand"),
    "PICKER": ("门店列表", "List of stores"),
}
CANDIDATES = {
    "winner": ("选中", "chosen"),
    "ambiguous": ("距离相近", "equally near"),
    "same_place": ("同一地点", "the same place"),
    "farther": ("更远", "farther"),
    "nearer": ("更近", "nearer"),
    "local": ("本地门店", "local shop"),
    "nearby": ("附近", "nearby"),
    "full": ("今日已满", "full today"),
    "same_region": ("同一地区", "same region"),
    "listed": ("列出", "listed"),
    "isolated_area": ("隔离区内的门店", "in the isolated area"),
}
RUNG_MEANINGS = {  # what a rung asks, for readers of the policy; {names} are numbers of the policy
    "HQ_PIN": ("总部为这位客户指定了门店。", "Headquarters pinned a store for this customer."),
    "MANUAL": (
        "客户自己选过门店，{manual_hours} 小时内有效，且允许切换。",
        "The customer chose a store in the last {manual_hours} hours, and switching is allowed.",
    ),
    "HOME_PROTECTED": (
        "归属门店仍在保护期内（{protection_days} 天）。",
        "The home store is still in its protection period ({protection_days} days).",
    ),
    "ENTRY_PARAM": (
        "本次进店带有签名的门店码或导购链接。",
        "This arrival carries a signed store code or guide link.",
    ),
    "HOME": (
        "归属门店的绑定未过期（{validity_days} 天），且不在 {home_reach_m} 以外。",
        "The binding to the home store holds ({validity_days} days), and the customer is not "
        "farther away than {home_reach_m}.",
    ),
    "ENTRY_CACHED": (
        "{cached_param_days} 天内用过的签名码或链接。",
        "A signed code or link that was used in the last {cached_param_days} days.",
    ),
    "LAST_VISIT": (
        "{last_visit_days} 天内访问过的门店；位置已知时它仍须覆盖该位置。",
        "The store visited in the last {last_visit_days} days; with a known place it must still "
        "cover it.",
    ),
    "TERRITORY": (
        "位置在某个经销商的专属区域内。",
        "The place lies in a dealer's exclusive territory.",
    ),
    "SERVICE_AREA": ("位置在门店的配送范围内。", "The place lies in a store's delivery area."),
    "RADIUS": ("位置在门店的服务半径内。", "The place lies within a store's service radius."),
    "NEAREST": (
        "最近的门店，上限：{nearest_limit_m}。",
        "The nearest store, limit: {nearest_limit_m}.",
    ),
    "REGION": (
        "访客所在区县、城市或省份的默认门店。",
        "The default store of the visitor's district, city or province.",
    ),
    "DEFAULT": ("品牌默认门店。", "The brand's default store."),
    "PICKER": (
        "显示门店列表，绝不出现空白页。",
        "The list of stores is shown, never an empty page.",
    ),
}
WHAT_IFS = {  # what a change is called: "<words>: <store>"
    "no_location": ("没有位置信息", "without a location"),
    "no_param": ("没有扫码或导购链接", "without the code or link"),
    "no_cached_param": ("没有最近的二维码或链接", "without the last code or link"),
    "no_choice": ("没有自己选择过门店", "without the customer's own choice"),
    "no_pin": ("总部没有指定门店", "without headquarters' pin"),
    "no_home": ("没有归属门店", "without a home store"),
    "no_last_visit": ("之前没有访问过", "without an earlier visit"),
    "switching_on": ("允许切换门店", "if switching were allowed"),
    "no_full_stores": ("没有门店满员", "if no store were full"),
    "preset_franchise": ("采用“加盟”预设", "with the preset franchise"),
    "preset_nearest_first": ("采用“就近优先”预设", "with the preset nearest first"),
    "preset_link_first": ("采用“链接优先”预设", "with the preset link first"),
    "preset_home_locked": ("采用“锁定归属”预设", "with the preset home locked"),
}
FACTS = {  # what tie-breaks look at (A6)
    "home": ("归属门店", "home store"),
    "last_visit": ("上次访问", "last visited"),
    "open": ("营业中", "open then"),
    "shut": ("未营业", "shut then"),
    "priority": ("权重 {n}", "priority {n}"),
}
NOTES = {
    "location_unusable": ("位置 (0,0) 不可用", "the location (0,0) is unusable"),
    "ip_region": ("按网络地址判断了地区", "the region was taken from the network address"),
    "ip_private": (
        "网络地址是内网或保留地址，无法判断地区",
        "the network address is private or reserved and tells no region",
    ),
    "ip_unusable": (
        "网络地址无法识别，无法判断地区",
        "the network address cannot be read and tells no region",
    ),
    "ip_unknown": ("网络地址所属地区未知", "the network address is in no region that is known"),
    "travel": ("您离归属门店较远", "you are far from your home store"),
    "no_longer_covers": (
        "您上次访问的门店不再覆盖您所在的位置",
        "the store you last visited no longer covers where you are",
    ),
    "overflow": ("较近的门店今日已满", "a nearer store is full today"),
    "successor": ("由接替门店服务", "its successor serves you"),
    "switch_refused": ("已记住您拒绝切换", "your refusal to switch is remembered"),
    "entry_param_malformed": (
        "入口参数无法识别，已忽略",
        "the entry parameter is malformed and was ignored",
    ),
    "entry_param_bad_signature": (
        "入口参数签名无效，已忽略",
        "the entry parameter's signature is wrong; it was ignored",
    ),
    "entry_param_expired": ("导购链接已过期", "the guide link has expired"),
    "entry_param_channel_over": ("渠道已失效", "the channel is no longer valid"),
    "entry_param_not_issued_yet": (
        "入口参数的签发时间晚于进店时间",
        "the entry parameter was issued after the arrival",
    ),
    "entry_param_unknown_guide": ("入口参数中的导购未知", "the entry parameter's guide is unknown"),
    "entry_param_unknown_store": ("入口参数中的门店未知", "the entry parameter's store is unknown"),
    "entry_param_names_nothing": (
        "入口参数没有指向门店或导购",
        "the entry parameter names neither store nor guide",
    ),
}
OTHERS = {
    "store": ("品牌的另一家门店", "another store of the brand")
}  # what may not be named to this reader (P4)
_LANGUAGES = ("zh", "en")


def distance_words(class_km: int | None, lang: str) -> str:
    """A distance in its 1 km class, all that staff ever see (A16); empty when there is none."""
    if class_km is None:
        return ""
    return f"不到 {class_km + 1} 公里" if lang == "zh" else f"less than {class_km + 1} km"


def word(table: dict[str, tuple[str, str]], key: str, lang: str) -> str:
    """The words for a key in `zh` or `en`; the key itself when there are none."""
    return table[key][_LANGUAGES.index(lang)] if key in table else key


def tie_of(reason: str) -> str:
    """How a tie was broken, '' when there was none."""
    return reason.rpartition("_by_")[2] if "_by_" in reason else ""


def reason_words(reason: str, lang: str) -> str:
    """A stored reason for a filter or a file: the rung, and how a tie was broken."""
    tie, name = tie_of(reason), word(RUNG_NAMES, reason.partition("_by_")[0].upper(), lang)
    return (
        f"{name} · {word(TIES, tie, lang)}"
        if tie
        else name
        if reason != "picker_empty_network"
        else word(OUTCOMES, "no_store", lang)
    )


def reasons() -> list[str]:
    """Every reason that a decision may have."""
    places = ("TERRITORY", "SERVICE_AREA", "RADIUS", "NEAREST")
    return [
        code
        for rung in RUNG_NAMES
        for code in (rung.lower(), *(f"{rung.lower()}_by_{tie}" for tie in TIES if rung in places))
    ] + ["picker_empty_network"]


def sentence(
    rung: str, reason: str, store_name: str | None, distance_class_km: int | None, lang: str
) -> str:
    """One sentence for the visitor; distances only in 1 km classes (A16)."""
    zh = lang == "zh"
    distance = (
        ""
        if distance_class_km is None
        else (
            f"（不到 {distance_class_km + 1} 公里）"
            if zh
            else f" (less than {distance_class_km + 1} km away)"
        )
    )
    text = word(SENTENCES, rung, lang).format(store=store_name or "", distance=distance)
    tie = tie_of(reason)
    if not tie:
        return text
    return text + (f"（{word(TIES, tie, lang)}）" if zh else f" ({word(TIES, tie, lang)})")


def of_entry(connection: Connection, row: Any, lang: str, seen: Sight) -> dict[str, Any]:
    """The explanation of a stored entry: sentence, rungs in order with their outcome, notes. Stores
    that may not be named are others of the brand."""
    trace, other = trace_of(connection, row.entry_id), word(OTHERS, "store", lang)
    names = names_of(
        connection, {c[0] for step in trace.get("steps", []) for c in step[2]}, seen
    ) | {row.store_id: (row.store_code, row.store_name)}
    steps = [
        {
            "rung": rung,
            "outcome": outcome,
            "words": word(OUTCOMES, outcome, lang),
            "candidates": [
                {"store_code": names[i][0], "name": names[i][1] or other, "why": why}
                for i, why in candidates
                if i in names
            ],
        }
        for rung, outcome, candidates in trace.get("steps", [])
    ]
    name = row.store_name or (other if row.store_id is not None else None)
    return {
        "entry_id": row.entry_id,
        "lang": lang,
        "sentence": sentence(row.rung, row.reason, name, row.distance_class_km, lang),
        "steps": steps,
        "notes": [word(NOTES, note, lang) for note in trace.get("notes", [])],
        "what_if": what_if_words(what_would_change(connection, row, seen), lang),
    }


def what_if_words(
    found: Sequence[tuple[str, str | None, str | None, str]], lang: str
) -> list[dict[str, Any]]:
    """(change, store_code, name, rung) as the outside sees it, with words."""
    led = {None: word(RUNG_NAMES, "PICKER", lang), "": word(OTHERS, "store", lang)}
    return [
        {
            "change": change,
            "store_code": code,
            "name": name if name != "" else led[""],
            "rung": rung,
            "words": f"{word(WHAT_IFS, change, lang)}{'：' if lang == 'zh' else ': '}{led.get(name, name)}",
        }
        for change, code, name, rung in found
    ]
