"""The parts invented names are made of; readings stand beside the characters."""

from typing import Final

Parts = tuple[tuple[str, str], ...]


def _parts(text: str) -> Parts:
    pairs = (word.split(":") for word in text.split())
    return tuple((written, reading) for written, reading in pairs)


KANJI_FIRST: Final = _parts(
    "碧:アオ 蒼:ソウ 暁:アケ 霞:カス 楓:カエ 樫:カシ 椿:ツバ 葵:アオイ 茜:アカネ 澪:ミオ"
    " 凪:ナギ 嶺:ミネ 颯:ハヤ 瑞:ミズ 琥:コ 翠:スイ 朧:オボロ 皐:サツ 梓:アズ 榛:ハン"
    " 雫:シズク 篝:カガリ 霧:キリ 虹:ニジ 檜:ヒノ 菫:スミ 燕:ツバメ 鷺:サギ 鶴:ツル 櫂:カイ"
    " 灯:トモ 漣:サザ"
)
KANJI_SECOND: Final = _parts(
    "渓:ケイ 浜:ハマ 沢:サワ 瀬:セ 原:ハラ 峰:ミネ 苑:ゾノ 杜:モリ 渚:ナギサ 泉:イズミ"
    " 丘:オカ 洲:シマ 里:サト 谷:タニ 窪:クボ 畑:ハタ 坂:サカ 津:ツ 越:ゴエ 辺:ベ"
)
VARIANT_STEMS: Final = _parts(
    "髙凪:タカナギ 髙澪:タカミオ 髙霞:タカカス 髙篝:タカカガリ 霧﨑:キリサキ 凪﨑:ナギサキ"
    " 燕﨑:ツバメサキ 虹﨑:ニジサキ 髙渚:タカナギサ 雫﨑:シズクサキ 髙菫:タカスミレ"
    " 漣﨑:サザサキ"
)
TRADES: Final = _parts(
    "精機:セイキ 電装:デンソウ 化成:カセイ 物産:ブッサン 食品:ショクヒン 工業:コウギョウ"
    " 産業:サンギョウ 運輸:ウンユ 商事:ショウジ 製作所:セイサクショ 情報:ジョウホウ"
    " 印刷:インサツ 薬品:ヤクヒン 硝子:ガラス 繊維:センイ 建材:ケンザイ"
)
KANA_FIRST: Final = (
    "ソラ ミナト カゼ ルミ テラ ノヴァ リク ハル ポラ キサ ベガ モリノ アルタ シノブ トワ"
    " ユメ コトリ ラグ ゼニア フォルテ ムサ ピコ ディア グラノ ヒビ オルカ ナユタ メブキ"
).split()
KANA_SECOND: Final = (
    "テック ワークス リンク フォース ラボ ウェア ロジ デザイン パーツ メディカ ネクスト"
    " クラフト フーズ エナジー プリント ゲート ボックス ドライブ ビジョン ポート"
).split()
LATIN_FIRST: Final = (
    "Alder Birch Copper Drift Elm Fern Granite Heron Ivory Juniper Kestrel Larch Marble"
    " Nettle Osprey Pebble Quill Russet Sable Thistle Umber Vetch Willow Yarrow"
).split()
LATIN_SECOND: Final = (
    "brook fell gate haven lock mere moor point ridge shaw stead wick worth combe dale thorpe"
).split()
LATIN_TRADES: Final = (
    "Logistics Systems Instruments Foods Textiles Analytics Materials Marine Optics Packaging"
).split()
INDUSTRIES: Final = (
    "Manufacturing Electronics Chemicals Retail Transportation Technology Construction"
    " Consulting Healthcare"
).split()
PREFECTURES: Final = (
    "東京都 大阪府 愛知県 福岡県 北海道 宮城県 広島県 京都府 神奈川県 静岡県"
).split()

FAMILIES: Final = _parts(
    "佐藤:サトウ 鈴木:スズキ 高橋:タカハシ 田中:タナカ 伊藤:イトウ 渡辺:ワタナベ"
    " 山本:ヤマモト 中村:ナカムラ 小林:コバヤシ 加藤:カトウ 吉田:ヨシダ 山田:ヤマダ"
    " 佐々木:ササキ 山口:ヤマグチ 松本:マツモト 井上:イノウエ 木村:キムラ 林:ハヤシ"
    " 斎藤:サイトウ 清水:シミズ 山崎:ヤマザキ 森:モリ 池田:イケダ 橋本:ハシモト 阿部:アベ"
    " 石川:イシカワ 前田:マエダ 小川:オガワ 岡田:オカダ 長谷川:ハセガワ 村上:ムラカミ"
    " 近藤:コンドウ 石井:イシイ 遠藤:エンドウ 青木:アオキ 坂本:サカモト"
)
GIVENS: Final = _parts(
    "健一:ケンイチ 健二:ケンジ 大輔:ダイスケ 翔太:ショウタ 直樹:ナオキ 拓也:タクヤ 誠:マコト"
    " 修:オサム 浩:ヒロシ 隆:タカシ 陽子:ヨウコ 恵子:ケイコ 美咲:ミサキ 愛:アイ 由美:ユミ"
    " 真由美:マユミ 智子:トモコ 久美子:クミコ 裕子:ユウコ 香織:カオリ 悠斗:ユウト 蓮:レン"
    " 湊:ミナト 樹:イツキ 陸:リク 結衣:ユイ 葵:アオイ 凛:リン 咲良:サクラ 芽衣:メイ"
    " 和也:カズヤ 哲也:テツヤ 正樹:マサキ 純子:ジュンコ 千尋:チヒロ 遥:ハルカ 光:ヒカル"
    " 律子:リツコ 信夫:ノブオ 勇気:ユウキ"
)
EN_FAMILIES: Final = (
    "Ashdown Bellwether Calloway Dunmore Eastlake Farrow Greaves Hollis Ingram Jessop Kerr"
    " Lockhart Merrick Norwood Oakes Pruitt Quarles Rowntree Selby Tate Underhill Vance"
    " Whitlock Yates"
).split()
EN_GIVENS: Final = (
    "Alice Ben Clara Daniel Erin Felix Grace Harvey Isla Jonah Kate Liam Mona Noah Olive"
    " Peter Quinn Rosa Simon Tessa Uma Victor Wendy Zack"
).split()
FATHERS_AND_SONS: Final = (
    (("健一", "ケンイチ"), ("健二", "ケンジ")),
    (("正樹", "マサキ"), ("真由美", "マユミ")),
    (("直樹", "ナオキ"), ("信夫", "ノブオ")),
    (("隆", "タカシ"), ("拓也", "タクヤ")),
)
TITLES: Final = {
    "decision_maker": ("代表取締役", "事業部長", "Director"),
    "influencer": ("情報システム部 課長", "経営企画", "Manager"),
    "user": ("担当", "主任", "Specialist"),
    "gatekeeper": ("総務", "秘書", "Office Manager"),
    "": ("", "担当", ""),
}
