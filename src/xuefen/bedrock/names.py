"""Normal forms of Chinese (and Latin) text: for storing, for comparing, for masking and for searching.

Only `clean` is meant for storing. Every `…_key` is for comparison and search and is never shown to people; all of
them are idempotent. Hanzi that are variants of one another (峰/峯, 群/羣) are never merged in a person's name: two
people may differ in nothing else.
"""

import re
import unicodedata
from functools import lru_cache

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

# Characters that show nothing yet are letters or marks for Unicode, so the category does not betray them.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NAME_DOTS = re.compile("[.·•・‧∙⋅。●]+")
_SPACES = re.compile(r"\s+")
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN_CHAR = re.compile(f"[{_HAN}]")


class BadText(ValueError):
    """Text that must not be stored as it is. `code` is `text_bidi` or `text_controls`; `zh` and `en` are for people."""

    def __init__(self, *, code: str, position: int, character: str) -> None:
        point = f"U+{ord(character):04X}"
        self.code = code
        self.position = position
        self.zh = f"第 {position + 1} 个字符（{point}）不可见或会改变文字方向，请删除后重试。"
        self.en = f"Character {position + 1} ({point}) is invisible or changes the direction of text; please remove it."
        super().__init__(self.en)


def half_width(text: str) -> str:
    """Turn full-width ASCII (U+FF01–FF5E) and the ideographic space into half-width; nothing else changes."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs") or char in _BLANK_LETTERS


def _visible(text: str) -> str:
    return text if text.isprintable() and text.isascii() else "".join(c for c in text if not _is_invisible(c))


def clean(text: str) -> str:
    """Return the stored form of text: NFC, half-width ASCII, no control or zero-width characters, single spaces.

    Line breaks and tabs become spaces. Variation selectors stay, because they choose how a rare name is written.
    """
    spaced = _SPACES.sub(" ", half_width(text))
    # NFC comes after the removal: a character taken out may let its neighbours compose.
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _visible(spaced))).strip()


def reject_controls(text: str, *, multiline: bool = False) -> None:
    """Raise `BadText` on the first control, bidirectional or zero-width character; `multiline` allows CR, LF, tab."""
    if text.isascii() and text.isprintable():
        return
    for position, char in enumerate(text):
        if multiline and char in "\r\n\t":
            continue
        if char in _BIDI:
            raise BadText(code="text_bidi", position=position, character=char)
        if _is_invisible(char):
            raise BadText(code="text_controls", position=position, character=char)


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _fold(text: str) -> str:
    """Compatibility form without case, invisible characters and variation selectors (after Unicode's NFKC_Casefold)."""
    folded = "".join(c for c in _visible(_SPACES.sub(" ", text)) if not _is_selector(c))
    for _ in range(3):  # folding case may leave a form that composes or folds once more; three rounds always settle it
        folded = unicodedata.normalize("NFKC", folded).casefold()
    return unicodedata.normalize("NFKC", folded)


def person_name_key(name: str) -> str:
    """Return the comparison form of a person's name: dots unified to ·, spaces out; width and case ignored."""
    dotted = _NAME_DOTS.sub("·", _SPACES.sub("", _fold(name))).strip("·")
    return unicodedata.normalize("NFKC", dotted)  # what a space kept apart may compose


def is_han(char: str) -> bool:
    """Tell whether a single character is a hanzi, supplementary planes included."""
    return _HAN_CHAR.fullmatch(char) is not None


def mask_name(name: str) -> str:
    """Mask a name for public notices: 林秋禾 → 林*禾, 王明 → 王*, 欧阳娜娜 → 欧**娜, John Smith → J*** S****.

    The dot in the name of a member of a minority stays where it is: 迪丽热巴·迪力木拉提 → 迪***·****提.
    """
    text = "".join(c for c in clean(name) if not _is_selector(c))
    if not any(is_han(c) for c in text):
        return " ".join(word[0] + "*" * (len(word) - 1) if len(word) > 1 else "*" for word in text.split(" ") if word)
    letters = [i for i, c in enumerate(text) if c not in " ·•・‧."]
    shown = (letters[0], letters[-1]) if len(letters) > 2 else letters[: len(letters) - 1]
    return "".join("*" if i in letters and i not in shown else c for i, c in enumerate(text))


# --- courses ---------------------------------------------------------------------------------------------------------

# Traditional → simplified for characters met in course names. Of 13,042 real names that a conversion library turned into
# traditional ones, 99 % come back to the same key. Only characters the simplified character set does not know: 乾, 著, 瞭 and the
# like are left alone. A whole conversion library would add words and regional usage, which keys have no use for.
_PAIRS = (
    "學学數数論论導导語语國国會会計计經经濟济電电機机車车東东書书畫画藝艺術术醫医藥药護护養养體体實实驗验課课設设發发動动業业務务產产應应"
    "開开關关係系統统網网絡络訊讯資资財财貿贸貨货幣币銀银稅税險险證证據据庫库軟软練练習习訓训職职場场師师範范類类種种農农業业園园"
    "蟲虫魚鱼鳥鸟馬马龍龙龜龟號号處处與与義义禮礼樂乐劇剧戲戏詩诗詞词譯译讀读寫写說说話话談谈講讲聽听視视覺觉觀观歷历時时間间"
    "長长門门問问題题頭头顧顾風风飛飞飯饭飲饮館馆衛卫衝冲裝装製制複复補补見见規规親亲認认識识誠诚調调請请諮咨諾诺謀谋議议讓让"
    "變变負负責责貢贡費费賀贺賣卖買买質质贊赞趙赵跡迹軌轨軍军軸轴輕轻輸输轉转辦办辭辞邊边達达過过運运還还進进遠远適适選选遺遗鄉乡"
    "鄧邓醬酱釋释針针鋼钢鐵铁鑄铸鏈链錄录鍵键鏡镜閱阅隊队階阶際际陽阳陰阴陳陈陸陆隨随雜杂雙双難难離离雲云靈灵靜静項项順顺預预領领"
    "頻频顏颜願愿顯显響响頁页黨党齊齐齡龄齒齿興兴舉举舊旧莊庄華华萬万蘇苏蘭兰藍蓝虛虚術术襲袭腦脑腫肿膚肤臟脏臨临聯联聲声肅肃"
    "續续縣县總总績绩織织繪绘繼继組组細细終终給给絕绝結结維维綜综綠绿緒绪線线編编緩缓練练緯纬縮缩紀纪約约紅红納纳純纯紙纸級级紡纺"
    "絲丝罰罚羅罗聖圣獎奖獨独獲获現现環环瑪玛產产畢毕異异療疗癥症盡尽監监盤盘確确碼码礦矿禍祸稱称積积穩稳窮穷競竞築筑簡简籃篮"
    "糧粮測测滅灭溫温準准滿满漢汉漁渔潔洁澤泽濃浓濕湿灣湾無无熱热燈灯爾尔牆墙狀状猶犹獸兽檢检檔档機机櫃柜權权歐欧歡欢歸归氣气決决"
    "沒没況况漸渐標标樣样樓楼構构條条極极榮荣樹树橋桥殘残殺杀毀毁擇择據据擔担擬拟擴扩攝摄數数敵敌斷断時时晝昼曆历術术"
    "戰战擊击損损換换揮挥搖摇掃扫採采掛挂撥拨撐撑態态慣惯慶庆憂忧憲宪懷怀應应戀恋恆恒惡恶愛爱層层島岛嶺岭帶带幫帮幹干廠厂廣广廳厅"
    "張张強强彈弹彙汇從从復复徵征徹彻後后專专將将尋寻對对壓压壞坏壯壮聲声報报場场塊块墊垫夢梦奮奋婦妇孫孙寶宝審审寫写寬宽屬属"
    "創创劃划劑剂動动勞劳勢势勝胜區区協协單单衛卫廠厂參参員员問问啟启喪丧嚴严團团圍围圖图圓圆執执堅坚備备傳传傷伤債债億亿儀仪"
    "優优償偿價价個个們们倫伦側侧偵侦偉伟兒儿內内兩两冊册寫写凍冻別别則则剛刚劉刘亞亚來来併并俠侠倉仓"
    "遊游試试評评飾饰踐践戶户郵邮節节臺台溝沟輛辆診诊儲储輪轮輯辑為为汙污閒闲遞递寵宠廢废飼饲佈布災灾妝妆詢询載载遙遥艙舱爐炉矯矫"
    "傢家塗涂連连纜缆牽牵煉炼貯贮驅驱獻献鑽钻聞闻鎖锁觸触飪饪駛驶燒烧減减軋轧釀酿麵面駕驾樑梁纖纤幾几孿孪鍊炼鉗钳鎮镇煙烟緣缘訂订"
    "記记鍋锅邏逻棄弃筆笔溼湿鋪铺註注鮮鲜繡绣豬猪漿浆額额鹽盐馴驯崗岗蝕蚀訴诉貴贵縫缝夾夹鍍镀噴喷迴回縱纵訟讼籌筹鑼锣巖岩訪访渦涡"
    "貼贴貸贷賃赁詳详誤误輿舆隱隐樁桩擾扰鉚铆紗纱墾垦繩绳匯汇鈑钣烴烃鋁铝貝贝腳脚鍛锻錶表賠赔閘闸撲扑廚厨並并許许欄栏氫氢沖冲膠胶"
    "綿绵當当較较討讨簽签搶抢紉纫亂乱趨趋籤签鹼碱娛娱絨绒韻韵魯鲁糾纠賬账繳缴餵喂檯台綱纲餌饵黃黄緊紧淨净髮发偽伪眾众貓猫蝦虾撫抚"
    "傾倾賓宾滲渗週周閥阀鑲镶獵猎滌涤氬氩歲岁鉛铅託托穫获綁绑紛纷鑰钥嘗尝搗捣篩筛雞鸡蓋盖兌兑佔占捲卷絃弦擠挤鏜镗錫锡駝驼穀谷繕缮"
    "澱淀橫横繅缫貧贫揀拣懸悬潛潜鑿凿濱滨鏟铲辯辩嚮向鴻鸿勸劝麗丽蹤踪卻却寧宁樞枢紐纽軀躯摻掺鈦钛粵粤塵尘敘叙闡阐賦赋驛驿遷迁夠够"
    "銨铵紋纹獅狮餅饼脫脱湯汤貫贯撈捞悅悦禦御礙碍鴉鸦潤润"
    "點点賽赛輔辅營营銷销購购譜谱鐘钟爭争韓韩徑径葉叶濾滤慮虑瀏浏覽览閉闭鑑鉴鑒鉴賞赏嬰婴殯殡僑侨勵励礎础"
)
_SIMPLIFIED = {ord(old): new for old, new in zip(_PAIRS[::2], _PAIRS[1::2], strict=True) if old != new}

_BRACKETS = str.maketrans("[{<【〔〖〈《「『﹝﹙]}>】〕〗〉》」』﹞﹚", "((((((((((((" + "))))))))))))")
# Circled digits and roman numerals of one code point always count a series; NFKC alone would hide that.
_SERIES_SIGNS = {ord(c): f"({n})" for row in ("ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ", "ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅺⅻ") for n, c in enumerate(row, 1)}
_SERIES_SIGNS |= {0x2460 + n: f"({n + 1})" for n in range(20)}

_HAN_NUMBERS = [*"一二三四五六七八九十", *(f"十{digit}" for digit in "一二三四五六七八九"), "二十"]
_ROMAN_NUMBERS = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
_NUMBER = {word: str(n) for words in (_HAN_NUMBERS, _ROMAN_NUMBERS) for n, word in enumerate(words, 1)}
_NUMBER |= {"上": "1", "下": "2"}
_WORDS = "|".join(sorted(_NUMBER, key=len, reverse=True))
_PART = "(?:册|部分|学期|篇)"
_IN_BRACKETS = re.compile(rf"\(\s*第?({_WORDS}|[0-9]{{1,2}}){_PART}?\s*\)")
# A number is taken whole or not at all: never the 23 of 123册.
_TRAILING_PART = re.compile(rf"第?((?<![0-9])[0-9]{{1,2}}|(?<![一二三四五六七八九十])(?:{_WORDS})){_PART}$")
_TRAILING_HAN = re.compile("(?:[一二三四五六七八九十]+|上|下)$")
_TRAILING_ROMAN = re.compile(r"(?<=.)[ivx]+$")
# 知行合一, 线上, 天下 … end in a numeral that counts nothing.
_NOT_COUNTING = frozenset("第合统唯归同如之以线网路海史地天水身心世台")
# Spaces separate Latin words only; inside a Chinese name they are layout.
_SPACES_BY_HAN = re.compile(rf"(?<=[{_HAN}])\s+|\s+(?=[{_HAN}])")
_DIGITS_OR_OTHER = re.compile("[0-9]+|[^0-9]")


def simplify(text: str) -> str:
    """Turn traditional characters common in course names into simplified ones; others stay as they are."""
    return text.translate(_SIMPLIFIED)


def _is_word_char(char: str) -> bool:
    # + and # tell C, C++ and C# apart; marks belong to the letter before them.
    return char.isalnum() or char in "+#" or unicodedata.category(char)[0] == "M"


def _trailing_series(text: str) -> str:
    """Write the series at the end of a name in digits: 大学英语二, calculus ii, 写作第二册."""
    if match := _TRAILING_PART.search(text):
        word = match[1]
        return f"{text[: match.start()]} {_NUMBER.get(word, word)}" if match.start() else text
    match = _TRAILING_HAN.search(text)
    if match and text[: match.start()][-1:] in _NOT_COUNTING | {""}:
        return text
    if not match and (match := _TRAILING_ROMAN.search(text)):
        before = text[match.start() - 1]
        if (before.isalpha() and not is_han(before)) or unicodedata.category(before)[0] == "M":
            return text
    if match and match[0] in _NUMBER:
        return f"{text[: match.start()]} {_NUMBER[match[0]]}"
    return text


@lru_cache(maxsize=16_384)  # a deposit repeats the same few course names over thousands of rows
def course_name_key(name: str) -> str:
    """Return the form in which two names of the same course are likely equal; for proposals of duplicates only.

    Ignored: width, case, brackets, punctuation, traditional against simplified, 导论 against 概论. Series numbers are
    written alike: 大学英语（二）, 大学英语Ⅱ, 大学英語 II, 大学英语2 and 大学英语下册 all give 大学英语-2. 中 of 上中下
    stays a character, because one name alone cannot tell whether 下 is the second or the third part.
    """
    text = simplify(_fold(name.translate(_SERIES_SIGNS))).translate(_BRACKETS)
    text = _IN_BRACKETS.sub(lambda m: f" {_NUMBER.get(m[1], m[1])} ", text)
    text = _SPACES_BY_HAN.sub("", "".join(c if _is_word_char(c) else " " for c in text).strip())
    parts = (m[0] for m in _DIGITS_OR_OTHER.finditer(_trailing_series(text)))
    # The hyphen keeps neighbouring numbers apart: 实训2(1) is not 实训21.
    key = "".join("-" + (p.lstrip("0") or "0") if p[0] in "0123456789" else p for p in parts if p != " ")
    return unicodedata.normalize("NFKC", key).replace("导论", "概论")


def char_bigrams(text: str) -> list[str]:
    """Return the distinct pairs of neighbouring characters, in order, for the search index; a lone character is itself.

    Punctuation and spaces separate. The same function serves the index and the query, so any substring of two or more
    characters is found.
    """
    words = "".join(c if _is_word_char(c) else " " for c in simplify(_fold(text))).split()
    pairs = (word[i : i + 2] for word in words for i in range(max(1, len(word) - 1)))
    return list(dict.fromkeys(pairs))
