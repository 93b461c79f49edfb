"""Words that tell a person's name from the rest: usual forenames, and what is never a name."""


def listed(words: str) -> tuple[str, ...]:
    """The words of a string, cut at bars when there are any, since some have spaces in them."""
    return tuple(words.split("|") if "|" in words else words.split())


# Usual forenames, so that "margaret hollis" in lower case is a name and "sign in" is none.
FORENAMES = frozenset(
    listed(
        "aaron abdi abdul abena abigail adaeze adam adrian agnieszka ahmed aileen ailsa aisha "
        "akua alan alasdair albert aled alex alexander alf alfie ali alice alison alun ama "
        "amanda amelia amina amir amrit amy ana andrea andrew angela angharad angus anil anita "
        "anjali ann anna anne annie anthony anwen aoife archie arjun arthur asha audrey ava "
        "baljit barbara barry beatrice ben benjamin bernadette bernard bernice bert beryl beth "
        "bethan betty beverley bilal bill bob brenda brian bridget bronwen bryn callum calum "
        "caoimhe carlos carol caroline carwyn carys catherine catrin catriona cecil cerys "
        "charles charlie charlotte cheryl chidi chinedu chloe chris christine christopher cian "
        "ciara claire clare clarence clifford clive colin connor conor craig cyril daisy daniel "
        "danielle daphne darren dave david dawn debbie deborah declan deepak deirdre delyth "
        "denise dennis derek dewi diana diane dilys dmitri donald donna doreen doris dorothy "
        "douglas duncan dylan eamon eddie edith edna edward eileen eilidh eirlys eithne elaine "
        "eleanor elena eleri elizabeth ella ellen ellie elsie elwyn emeka emily emlyn emma eoin "
        "eric erin ernest ethan ethel euan eunice eve evelyn ewa ewan farah fatima faye fergus "
        "ffion fiona fionn florence folake frances francis frank fraser fred freda frederick "
        "freya gareth gary gavin gemma geoffrey george gerald geraldine gethin gillian gladys "
        "glenys glyn gordon grace graham grainne gregor gurpreet gwen gwyn gwyneth halima "
        "hamish hannah harjit harold harpreet harry hassan hazel heather hector helen henry "
        "herbert hilary hilda hodan horace howard hugh hui hussain huw hywel ian ibrahim ifan "
        "ifeoma imran imtiaz iolo iona iqbal irene iris isabel isabella isla ivan ivor ivy jack "
        "jacob jacqueline jade jake jakub james jamie jan jane janet janice jason jaspal javed "
        "jean jeffrey jennifer jenny jeremy jessica jessie jill joan joanna joanne joao joe "
        "john jonathan jordan joseph josephine joshua joy joyce judith julia julian julie june "
        "karen katarzyna kate katherine kathleen kathryn katie keith kelly kenneth kenny kerry "
        "kevin khadija khalid kieran kim kiran kirsteen kirsty kofi krzysztof kulwinder kwabena "
        "kwame kyle lakshmi laura lauren lawrence leah lee leo leonard lesley leslie lewis liam "
        "lilian lily linda lindsay ling lisa liz llinos lloyd logan lorna lorraine louis louise "
        "lowri lucy luke lynn lynne mabel maeve magda maggie mair mairi malcolm malgorzata "
        "manpreet marcus margaret mari maria marian marie marilyn marion marjorie mark marta "
        "martha martin mary mathew matthew maud maureen mavis max maxine meera megan mei "
        "melanie mhairi michael michelle mike mildred millicent ming mohammad mohammed moira "
        "molly monica morag muhammad muriel nadia nancy naomi nasreen natalia natalie nathan "
        "neha neil nellie nerys nesta ngozi nia niamh nicholas nicola nigel nina nkechi noah "
        "noel nora noreen norma norman nuala obinna oisin olga olive oliver olivia olwen omar "
        "orla oscar osian owen padraig pamela pat patricia patrick paul paula pauline pawel "
        "peggy penny percival percy peter phil philip phoebe phyllis piotr pooja poppy priya "
        "rachel raj rajesh ralph ramesh rashid ravi ray raymond rebecca reg reginald rhian "
        "rhiannon rhoda rhys richard rita rob robert robin roger roisin ron ronald rory rosa "
        "rose rosemary ross roy ruaridh ruby rukhsana rupa rupert russell ruth ryan saeed sally "
        "salma sam samantha samina samuel sandra sanjay sara sarah scott sean seonaid shabana "
        "shane shannon sharon sheila shirley sian sid sidney simon simran sinead siobhan sita "
        "sofia sophie sorcha stan stanley stella stephanie stephen steve steven stewart stuart "
        "sunil sunita suresh susan suzanne sybil sylvia tahir tariq tegan terence teresa terry "
        "thelma theresa thomas tim timothy tina toby tom tomasz tommy tony tracey tracy trevor "
        "tunde umar una ursula usha valerie vera veronica victor victoria vijay vikram vincent "
        "viola violet wanda waseem wayne wei wendy wilf wilfred william wilma winifred winnie "
        "wojciech xiao yasin yasmin yusuf yvonne zahra zainab zara zena zoe zofia zubair"
    )
)

# Words that begin sentences, or name things, places, months, roles and products.
NOT_NAMES = frozenset(
    listed(
        "a about access active ad address admin administration admissions? after again against "
        "age aged alert all also an and any anywhere api app apr april at aug august axa azure "
        "backup bay be because bed bedspace been before being between bleep born both bst build "
        "bupa but by call called caller can can't cannot cant cert certificate chi clinic "
        "clinical clinician close code compucare consultant could couldn't cub cubicle customer "
        "data database date day dear debug dec december default dell desk didn't discharge dns "
        "dob doctor doesn't dr duplicated each engineer entra episode error esc even every "
        "everyone exchange failed false fatal feb february female file firmware for forename "
        "forenames fri friday from fw fwd gateway get given gmt goes got gp had has hasn't have "
        "he hello her here hi his hl hosp hospital hot how hub id if in index info insert "
        "interface into is isn't issue it its jan january job jul july jun june just kb label "
        "last list live locked login male manager mar march matron may me merge messagecall "
        "microsoft missing module mon monday monitor moved mrn ms my name new next nhs night no "
        "nok none not note notes nothing nov november now null number nurse obs oct october of "
        "ok old on one only open opened opens or our out over pas patient patients pc per pid "
        "please portal printer pt pts px re record records ref release reported restore ring "
        "ringing road room root safety same sat saturday screen search select senior sep sept "
        "september server service services she show shows sign since single sister site some "
        "somewhere sop spine spoke sql staff state status still stuck sun sunday surname "
        "surnames switch system tablet teams terminal than that the theatre theatres their them "
        "then there these they this those through thu thursday ticket to today tonight too "
        "trace transfer true tue tuesday under unit unknown until update urgent us user users "
        "utc values version very via view vm vpn wants ward wards warn was wasn't we web wed "
        "wednesday what when where which while who why wifi will windows with within without "
        "won't wont wristband wrong yes yet you you're "
        "alter create delete drop rebuild reindex reorganize truncate"
    )
)

# What a long number counts, times, telephones or identifies when it is no patient's.
OTHER_LABELS = frozenset(
    listed(
        "# account acct address as asset azure badge batch bleep bridge bt build bytes call "
        "callback carrier case cb change cheque chg cid circuit code conference consignment "
        "contact contract control cookie correlation counter crq delivery dial disk doc dummy "
        "epoch epochs error event example ext extension fault fax freshdesk gid gtid guid "
        "handle hash iban iccid id ids imei imsi inc incident index invoice job key kit licence "
        "license line lsn lun meeting memory message msh microsoft mob mobile msg nonce octets "
        "offset oid order packets page pallet parcel part passcode phone pid pin placeholder po "
        "port process queue rack rang ref reference release req request rfc ring rows rx seq "
        "sequence serial session shipment sim size sku sn soa sort span spid sr sum support "
        "task tel telephone template thread ticket tickets ticks time timestamp total trace "
        "tracking ts tx txid uid unixtime uptime utr vat version virgin vlan vodafone waybill"
    )
)

# The same, in keys only: userId, deviceRef.
KEYED_THINGS = listed(
    "alert app blob chat client device doc entity event group host lock node object queue resource"
    " row tenant user"
)
