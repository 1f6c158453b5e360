"""Variant kanji → the everyday form; for comparing, never for showing.

Source: the forms in brackets in the table of everyday kanji (常用漢字表, Cabinet notice 2 of 30
November 2010), and what family and company registers write besides (髙 﨑 𠮷 邉 …), by hand.
Kanji that the table gives one new form (辨 瓣 辯 → 弁) become one. `tests/mappings` looks for
one character in two families; `make match` prints what the folding costs on a real register.
"""

from typing import Final

_EVERYDAY: Final = """
亜亞 悪惡 圧壓 囲圍 医醫 為爲 壱壹 隠隱 栄榮 営營 衛衞 駅驛 円圓 塩鹽 縁緣 艶艷 応應 欧歐 殴毆
桜櫻 奥奧 横橫 温溫 穏穩 仮假 価價 画畫 会會 絵繪 壊壞 懐懷 概槪 拡擴 殻殼 覚覺 学學 岳嶽 楽樂
渇渴 缶罐 巻卷 陥陷 勧勸 寛寬 関關 歓歡 観觀 気氣 帰歸 偽僞 戯戲 犠犧 旧舊 拠據 挙擧舉 虚虛 峡峽
挟挾 狭狹 郷鄕鄉 暁曉 区區 駆驅 勲勳 薫薰 径徑 茎莖 恵惠 掲揭 渓溪 経經 蛍螢 軽輕 継繼 鶏鷄雞 芸藝
撃擊 欠缺 研硏 県縣 倹儉 剣劍劒劔 険險 圏圈 検檢 献獻 権權 顕顯 験驗 厳嚴 広廣 効效 恒恆 黄黃
鉱鑛礦 号號 国國囯圀 黒黑 砕碎 済濟 斎齋斉齊 剤劑 雑雜 参參 桟棧 蚕蠶 惨慘 賛贊 残殘 糸絲 歯齒
児兒 辞辭 湿濕 実實 写寫 釈釋 寿壽 収收 従從 渋澁澀 獣獸 縦縱 粛肅 処處 緒緖 叙敍敘 将將 称稱 渉涉
焼燒 証證 奨奬獎 条條 状狀 乗乘 浄淨 剰剩 畳疊 縄繩 壌壤 嬢孃 譲讓 醸釀 触觸 嘱囑 真眞 寝寢 慎愼
尽盡 図圖 粋粹 酔醉 穂穗 随隨 髄髓 枢樞 数數 瀬瀨 声聲 静靜 窃竊 摂攝 専專 浅淺 戦戰 践踐 銭錢
潜潛 繊纖 禅禪 双雙 壮壯 争爭 荘莊 捜搜 挿插 巣巢 曽曾 痩瘦 装裝 総總 騒騷 増增 蔵藏 臓臟 即卽
属屬 続續 堕墮 対對 体體躰軆 帯帶 滞滯 台臺 滝瀧 択擇 沢澤 担擔 単單 胆膽 団團 断斷 弾彈 遅遲 痴癡
虫蟲 昼晝 鋳鑄 庁廳 徴徵 聴聽 勅敕 鎮鎭 逓遞 鉄鐵鉃銕 点點 転轉 伝傳 灯燈 当當 党黨 盗盜 稲稻
闘鬪鬭 徳德 独獨 読讀 届屆 弐貳 悩惱 脳腦 覇霸 拝拜 廃廢 売賣 麦麥 発發 髪髮 抜拔 晩晚 蛮蠻 秘祕
浜濱濵 瓶甁 払拂 仏佛 併倂 並竝 餅餠 辺邊邉 変變 弁辨瓣辯 歩步 宝寶寳 豊豐 褒襃 翻飜 毎每 万萬
満滿 麺麵麪 黙默 弥彌 訳譯 薬藥 与與 予豫 余餘 誉譽 揺搖 様樣 謡謠 来來 頼賴 乱亂 覧覽 竜龍 両兩
猟獵 緑綠 涙淚 塁壘 礼禮 励勵 戻戾 霊靈 隷隸 齢齡 暦曆 歴歷 恋戀 錬鍊 炉爐 労勞 郎郞 楼樓 録錄
湾灣
"""
_IN_NAMES: Final = """
高髙 崎﨑嵜 吉𠮷 島嶋嶌 富冨 円圎 館舘 淵渕 昇曻 村邨 桧檜 蛎蠣 桑桒 柳栁 松枩柗 秋穐龝 峰峯 群羣
橋𣘺 土𡈽圡 兎兔 藪薮籔 翠翆 祢禰 籠篭 諌諫 頚頸 桝枡 凜凛 尭堯 遥遙 槙槇 瑶瑤 祷禱 侠俠 檪櫟 彦彥
穎頴 巌巖 涼凉 亘亙 晋晉 冴冱 鴎鷗 鯵鰺 蝋蠟 潅灌 噛嚙 掴摑 麹麴 頬頰 填塡 剥剝 叱𠮟 醤醬 濤涛
鉤鈎 礒磯
"""

VARIANTS: Final = str.maketrans(
    {
        variant: family[0]
        for family in (*_EVERYDAY.split(), *_IN_NAMES.split())
        for variant in family[1:]
    }
)
