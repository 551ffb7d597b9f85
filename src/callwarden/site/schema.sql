-- PostgreSQL 18
-- migration django.contrib.contenttypes.migrations.0001_initial 35ed8489a147e0b42a15c21b5d4f0e8940de6f73fb326e9d6dea91b4d0b953cc
-- migration django.contrib.contenttypes.migrations.0002_remove_content_type_name 7d36494075750f0ed3c0f68d0cb1548eba59cc593f52f691f6cc37a043083766
-- migration django.contrib.auth.migrations.0001_initial 845cff319606332f49ef20ce165d1a17e522c426c5e56d7616133e9e4eaba5ef
-- migration django.contrib.auth.migrations.0002_alter_permission_name_max_length feaf97e0e8f7d148bec3db9bab2349c5e15888117c1ff2829deff63ef9e16cff
-- migration django.contrib.auth.migrations.0003_alter_user_email_max_length 9d5657b4db9872dc26c2d634c2f5911a3d69ab1d8552af4c6d633bc4001dfabf
-- migration django.contrib.auth.migrations.0004_alter_user_username_opts 9538db342c9a9bec4ca12b3137fb80772c4ea4afb861e8647a2962b1ea58344a
-- migration django.contrib.auth.migrations.0005_alter_user_last_login_null 79f60a35dc000fdd427bc05c85233ae5b9c4ada078ff0688fc9f78604bf7eaee
-- migration django.contrib.auth.migrations.0006_require_contenttypes_0002 00cb16e3405f14b62dbeffa15c68c9030291e4ddd513d733648ba460d6c5e781
-- migration django.contrib.auth.migrations.0007_alter_validators_add_error_messages 115db87dc327530fb5e1964ba3d03f9746492f90600406947be39f54f6cc042f
-- migration django.contrib.auth.migrations.0008_alter_user_username_max_length 02857f65f7d648147a5d12596b200a83e29145391d3f986ceb84b3b865a2c351
-- migration django.contrib.auth.migrations.0009_alter_user_last_name_max_length 19a89500e7f108a7397da9b1733181f92105f758663b3685b60f5c2da384d76e
-- migration django.contrib.auth.migrations.0010_alter_group_name_max_length 0963ed6498ac0b3a8430b6ca34c1b4a4b1d5f55b43d3db902f15a03ff74b14cd
-- migration django.contrib.auth.migrations.0011_update_proxy_permissions 85a5dde708dc4b6111e1bc71ce723ecfba7b1f8aedecfd130900ff7782765436
-- migration django.contrib.auth.migrations.0012_alter_user_first_name_max_length 6cefbc9f80903763ff8492a537a22836ef69f2227e19d402509b8099d2baecb0
-- migration callwarden.kernel.migrations.0001_initial 47b35de82c71249e7bb159d597d83bae1490a3e97ab2d91a3df15f8183150465
-- migration allauth.account.migrations.0001_initial 6f27ff6bdf57521a6561e0c606ee3278d2b6dac7eb068dbe1cdd07cd3f9eb6bf
-- migration allauth.account.migrations.0002_email_max_length c956ab7a3c3660a14b162e9e87dbc57851262ef4d3a895597eebc4eded595fc1
-- migration allauth.account.migrations.0003_alter_emailaddress_create_unique_verified_email 66b6f1939621bcfa44a5bfe2ae2df312918fd33b2031b154acfed1f4f6be4d10
-- migration allauth.account.migrations.0004_alter_emailaddress_drop_unique_email ebc6317e90c47d7a8f31fa348f1513f2b9bcda8bed3b0de9811df3bb75c39ef1
-- migration allauth.account.migrations.0005_emailaddress_idx_upper_email e7569f1662da1754fad09b5f65f439123effc85fc0b24c15ff881bcbf2aa42cb
-- migration allauth.account.migrations.0006_emailaddress_lower 54adb08cb3fba66b1b2eed10c4a9d7037ae40d778fe5df40628ef3639f4f4fe4
-- migration allauth.account.migrations.0007_emailaddress_idx_email 87fad70bfde8ae295155fcaac942a260164bee3a04f33fd00a70bf2351aef951
-- migration allauth.account.migrations.0008_emailaddress_unique_primary_email_fixup 794bf875bdbef9c47e9ccc736cb01711d84657381219f6af6c98a3829e2d6b7f
-- migration allauth.account.migrations.0009_emailaddress_unique_primary_email 79762cfa7b1e1d7c58be5061a6c032594f7d5e5f8c7288d64146e85cc0bfbd06
-- migration callwarden.custody.migrations.0001_initial e7a3519b124b3078268de971e580055704bc3c2af52f872ad4e1c44b9f31b1f6
-- migration callwarden.protection.migrations.0001_initial 194b601d25f1af13dd725480a9ce6c2925efd8add5af02e18fcd793bc58472fa
-- migration callwarden.doors.api.migrations.0001_initial d3827e931424df13525ce44ff45ac5774d9373a3af6c6244514a39f83c95455c
-- migration axes.migrations.0001_initial e4c0194cf158395b362677070de9973e806e51e80f111c046a2e195c764f65f4
-- migration axes.migrations.0002_auto_20151217_2044 a092989bdd502de76bbc53afb8418b3482f4cb802e9151c01e30a1231de0c46a
-- migration axes.migrations.0003_auto_20160322_0929 ff269df1341caca019962131955d57f3d2ba21d38a9b149dc84b3481f97293c2
-- migration axes.migrations.0004_auto_20181024_1538 71cdafbe7458c7725f77a4fd28d29a567a2dce2b98f0cba08f6928687b3354f1
-- migration axes.migrations.0005_remove_accessattempt_trusted baf3f5f6de5b5ee821cbb1fe23557937372f84081e799ea85e92f0223d5fc70e
-- migration axes.migrations.0006_remove_accesslog_trusted 82850f25ae37e081d3be61df28489de717cc1c6674a8492cf4b8eff35bf865da
-- migration axes.migrations.0007_alter_accessattempt_unique_together c9fdd81629030721468cf6178495dc2476b648c8d9ed7c6047a8a57357a8f494
-- migration axes.migrations.0008_accessfailurelog 2680dce9ecfcd4dfc2482a61de1ab9b27f6906d78ac6af8c4bbf76466444fb24
-- migration axes.migrations.0009_add_session_hash 82762be269ea4c62b81b84bed984d082b1e2f416a8bfb6c112c36bc432d182db
-- migration axes.migrations.0010_accessattemptexpiration 524ca5b4566a41b88b220e88c8213052a4378478065a4c7e4c8738672814557d
-- migration callwarden.custody.migrations.0002_walls 684f96b709d867690989b12599fb940a707f9b19ada74cb4a087a50853e34a32
-- migration callwarden.custody.migrations.0003_service_permits 0b08e179a03c677aa5a19431cf6e100582d42c79e926a36a70cae1423698ebb9
-- migration callwarden.custody.migrations.0004_permits_stand d64038913e34f1fd34aa62778c961e7f7f461eee2fc6b378b7cfb105cef7c028
-- migration callwarden.custody.migrations.0005_key_runs d9d84e382bde98400188cde55cc662429de37638f2eb4935e0b9e4dd286d04cc
-- migration callwarden.custody.migrations.0006_indexes_and_days d18ed3e1a0730ee2980ece10b6e8dc987d20cc73baaaf23c25c9114dc29cf1a0
-- migration callwarden.custody.migrations.0007_clock_mark 6250b238b9482d87172056bdac69c23ff1e2be652ca8ceb5a43d0ae610077aab
-- migration callwarden.custody.migrations.0008_registry 5062d1b189984df946faf22c1b98bac706566d7c3efbc2af8881902d26b4530c
-- migration callwarden.custody.migrations.0009_permits_by_principal b284e1cecda19a0b592d4bb64b1d08686403a123d9bc431bbc353225231252e3
-- migration callwarden.custody.migrations.0010_residue_scans 802cd202f08146ff4cfb6d8c8e1b557a15e5f837529c1d6277b235e9919df736
-- migration callwarden.custody.migrations.0011_restricted_inside_floors fa3bcf694378b13a74dfaf92807e6907594c25ffb7cb8d47ba37c66757e29c86
-- migration callwarden.custody.migrations.0012_consent_proof dc3129bf304dc116c6cf02031c99dc139f84ac1bf945a8eb7f82596b37554aa3
-- migration callwarden.custody.migrations.0013_object_moves 5dc1fd566d18b38cdeb43548e22f8073a9f60ef8259477a4787ee92856978905
-- migration callwarden.custody.migrations.0014_ledger_sinks 557358fcc5cd79de1ac37fb2382c8ee8628dc124a217af2a45a5847fec7ea2d9
-- migration callwarden.custody.migrations.0015_calls_listed 93ac1b487175241fc470e88e66ae355bf8e56edf91ecdffb7439bf866d7d5014
-- migration callwarden.kernel.migrations.0002_guards bcde4f11a4fe0bdcf610b47848fbaa340e8b56104dd393b3cdb5814c73389cb5
-- migration callwarden.kernel.migrations.0003_bulk aa12c9abb56ec0194ce8a3c98f31f848a27a91235d63681852d7fc5680af4842
-- migration callwarden.kernel.migrations.0004_frozen_accounts e3fdb699673610bbff6ce091a55044dcbc39c0fb07fcdcc8457d9e91fb8d7a8a
-- migration callwarden.kernel.migrations.0005_people_rights bbe15bc973cb73a609f86e9e0c487d174674fd3dc14e8dd8084225c3ca3add40
-- migration callwarden.kernel.migrations.0006_voting 13ad3636691c2297f1a1b654d1ea70524c45ea5dafe0278fc77277f4736561e6
-- migration callwarden.control.migrations.0001_initial ad3beca23be6c287e816d3f2ddb3cf62ef60d38bc228c32d8486f2a9f26269cb
-- migration callwarden.control.migrations.0002_siem_receivers a96330a81b15de005cbada149a350ad098a41cdb1e18a04a451355bfede42726
-- migration callwarden.control.migrations.0003_access 278477c88830302d5d3d24f84c97202811306fed63e417519b43ab074522a91c
-- migration callwarden.control.migrations.0004_grants 4ed5ab4d1a23ba929d075fa72216d8d6e6131ce0b321c03d9a40ea4550c4f793
-- migration callwarden.control.migrations.0005_emergency de6024bc4ea7264a679abe306b06b9ff875fa8c67a9ad2eaa64ad2823c7d6657
-- migration callwarden.control.migrations.0006_work c4b9e6e9d3a684330b24cd70c03dbeb741e9e4900ae008578d64e50de5a3c145
-- migration callwarden.control.migrations.0007_alerts ea603e46bc38519298d7a6f3a66a6821be59eeca05d18218a4a2d73bce285a19
-- migration callwarden.control.migrations.0008_reviews 5bd1f29fd3b7223964b8c6c2181c591f2b75800b1c80a47abf20694df8c33019
-- migration callwarden.control.migrations.0009_neighbours 0adffa684c7932d44f39afb1f93fc482bb43917f34d115275f056e6d846e7b5e
-- migration callwarden.control.migrations.0010_usage_reports 9ef43c2b5114bb99a2fec7e2539c58b320014cae5ae5abfd9cfb449aab632fbe
-- migration callwarden.control.migrations.0011_siem_by_two d2d1006dee1f31b6e9dc7ecf2f6b6d43124880671f0e192ae37349dcc16f9049
-- migration callwarden.control.migrations.0012_training 3fe564bfd49624c791b092858af57e4d8b1a6952822229c7daffe4a399eabe45
-- migration callwarden.custody.migrations.0016_ledger_years afaa7b12f9f73a356cd7edf0bd2a2dac60174dab07e7d0634d09b1874c59d067
-- migration callwarden.custody.migrations.0017_agents_after_erasure b157653ab9b37876557e418c64c462d752046b50da4c81a2f164a5aa600ce681
-- migration callwarden.custody.migrations.0018_spoken_of 5e9ed12f2490d0a4f29cc975f828b57c777d500d9de24812684be895917f471f
-- migration callwarden.custody.migrations.0019_redaction_corrections 8870dcae72967d0e9e17f892e618a415819d1b1fc0f41cfe53efe89f0ea0b7e3
-- migration callwarden.custody.migrations.0020_request_statement e1d9cc6d4ed7c7a4957d44b8a705c565e898c21c168e588a5322e40ddc496434
-- migration callwarden.custody.migrations.0021_known_since 9bcd208a056ed0409360260806624b44f785e084b8262c1fb7975226f49fd65e
-- migration callwarden.kernel.migrations.0007_session_place 2cfb96873174f1ef5a2de2c260d53bb0b7174fcfe040234580a0b6f1c6d6f645
-- migration callwarden.kernel.migrations.0008_own_roles 23d548409c1c9f9b53e9b954a51999b8cd08087d47641a5cdb945fa6df7890b6
-- migration callwarden.kernel.migrations.0009_standing 3dcf3636dcb8264d9cbe9ca1fd1d97abc182911ffcc6557d3c5257dd0e29f430
-- migration callwarden.kernel.migrations.0010_approval_terms eee67805c0786241c4d51a26641054ccf858b697e4726210c57b7b774f512edd
-- migration callwarden.kernel.migrations.0011_deadlines_recounted 01ae07f5176e5ba924e37c69967886297fa7356d7fae353ba4d6305c3427381c
-- migration callwarden.lawful.migrations.0001_initial 7d83326d81cc3614d242cd53ffa2e23e37ffc585d149deda9180d49a35d33d51
-- migration callwarden.lawful.migrations.0002_walls 868e84b1b6ade4e0b9e3075c68d6a06f7d0a5c511676b9ffcb7b37e5ecb73aff
-- migration callwarden.lawful.migrations.0003_certificates 99fa11be8c5833e98b8b5fc85e26f61f827c7e2d9ecbcd55c3d5c4da2f9ac316
-- migration callwarden.lawful.migrations.0004_registry 745ab5bae251898bf1802d7f2f1036712f4eed200915582c195f92c45d8698f6
-- migration callwarden.lawful.migrations.0005_registry_guards d655855427b76866f3bc00dd3a6a5237e1c97a4e6b0ac2c014edf5c10cdff79f
-- migration callwarden.lawful.migrations.0006_matters 3eae6a93ce339c8f3e9aa959eab2743a9a2e8390b884cd223a5d8c2dd3885cbd
-- migration callwarden.lawful.migrations.0007_requests 76ebdab82426eb128e85697c8d0fe7cebdc1f5c22ffbc7bfce7d93a2f210a536
-- migration callwarden.lawful.migrations.0008_retention 81a92744c1ece7878d9a0f632de4fbb9eae9c10ffb418be59915c6bb2b6353e4
-- migration callwarden.lawful.migrations.0009_transfers_proposed b915d73e8ae2bb60f00da661429b35aeec90817fd626f765869aea37a220c42e
-- migration callwarden.lawful.migrations.0010_consent ae5ed1b6d93b61ecdd3e3b23f95e0b6a111115f531633b2e1a0191a0cf5475d4
-- migration callwarden.lawful.migrations.0011_consent_states 7328d12bd413f7d4442e6f9fc5bfa8b01074f6af0d7702933fb0c82f89b0fa1b
-- migration callwarden.lawful.migrations.0012_consent_proof 2f2714fdc9d98e5838c2d1c88cd49f2025d7ddc9bd96d43bbf77018a0a30719f
-- migration callwarden.lawful.migrations.0013_consent_in_writing 17e08e413162e16dbfea4d74f76af453a317c0d2161636f089ae521081cd2d79
-- migration callwarden.lawful.migrations.0014_notice_covers 4350b61a4ce4a1832792ac9614b462f0a249d39e83f844a5a2217267ac820273
-- migration callwarden.lawful.migrations.0015_requests_of_others 6edb93d97cf7627cde77be5accb03d6bf3cbae269e1d83425888765715b4c9c9
-- migration callwarden.lawful.migrations.0016_anonymisation 638eed7472c9dc3423cd2def6044ab029a3d18424f5ed80b39abffd538d647fe
-- migration callwarden.lawful.migrations.0017_proof_ways bdf2c43d970b33ed8b0ea7f2c7bf6fadb770aa070715357550e36cba96946b3e
-- migration callwarden.lawful.migrations.0018_hold_of_a_set dac45111a976af4d4bf512beff1585ddf348b0d73eb9b2236469f0d1ebe98752
-- migration callwarden.lawful.migrations.0019_requests_lifted c010dc395b271b73f597dac684e8c6bd62d79ccd294d05343213ec4338893073
-- migration callwarden.lawful.migrations.0020_requests_corrected 47f87127b67ac1971641f8ad2093fb330ce508405fd8778853d3616f003f4307
-- migration callwarden.lawful.migrations.0021_ground_on_record 2d6224d1407891ab50614fa2b225966209adfb85073837bb7f3387a45320952d
-- migration callwarden.lawful.migrations.0022_notice_told_since d7e03c40a4479ddddf08715a23a69bd50e55659081d4d33dba7c1ea99e077f20
-- migration allauth.mfa.migrations.0001_initial a42b6353f2ed5dd754d1a8eb76a984cac58e0e587cf3fff131711c289c8a2e20
-- migration allauth.mfa.migrations.0002_authenticator_timestamps b6566eb07301e2e4042908f789c19ff1dfefb86393773d656bbaef7bbbed234e
-- migration allauth.mfa.migrations.0003_authenticator_type_uniq 88550a456154080cc3ecddcf8a32af3d81733bb6d56325ea67b201ee9f1ea1a2
-- migration callwarden.partners.migrations.0001_initial 346d992c394cc7c100abab61a9922dec19de7aef4a0f1548e80f23be5d6d6350
-- migration procrastinate.contrib.django.migrations.0001_initial be81516c79d02f264ec27778413d0e4ad6ed3aaf7fd9a2538e74dced70345ef2
-- migration procrastinate.contrib.django.migrations.0002_drop_started_at_column 2ead163c1ce2991d8f87dfb33740dee3dc158f027c73db0b51ea58b83ef02cb0
-- migration procrastinate.contrib.django.migrations.0003_drop_started_at_column 740f2d8ff02c0bb57aee757639474fdfc78c45805954a7083870618e34d97fa8
-- migration procrastinate.contrib.django.migrations.0004_drop_procrastinate_version_table 9f48b76f59a9cc8cbea8c27593dd17b6b77a67f90f8ce1f09392b3747c8dbb0c
-- migration procrastinate.contrib.django.migrations.0005_fix_procrastinate_fetch_job 6a8e4055ab8e463d683bcf5eb051836ae13228826aac36c101aa4f6ec6d66664
-- migration procrastinate.contrib.django.migrations.0006_fix_trigger_status_events_insert d9d2f532a094aa093a219f77aef2741cdfb287d352a5f48350ee475e9adef955
-- migration procrastinate.contrib.django.migrations.0007_add_queueing_lock_column dc12645a882f2067124aa27bc59bd8189a0da3ba333047f1e0d6f23b0ccd3beb
-- migration procrastinate.contrib.django.migrations.0008_close_fetch_job_race_condition 74c7c44a68d3c204f2a265238eedec1b936e8d525241a7f70a98b765419a00fa
-- migration procrastinate.contrib.django.migrations.0009_add_defer_job_function b9d529f1bb143b0910318efab4e11bafa0f8f8eabed9d39887e0d876b1ab7b3c
-- migration procrastinate.contrib.django.migrations.0010_add_procrastinate_periodic_defers bd1aa56a04f86df5da10a0db7f217e736d194a90ab3a01a4f2829685f4975deb
-- migration procrastinate.contrib.django.migrations.0011_add_foreign_key_index 25cc0914481114fd4fac8e51c8215e76b42a9e0fc14d5b01335c3f4fa2b2aa3d
-- migration procrastinate.contrib.django.migrations.0012_add_locks_to_periodic_defer 7cf8863ace39220c593f1303c86aa4db88434fceb11241f4af77890bbb206661
-- migration procrastinate.contrib.django.migrations.0013_fix_procrastinate_defer_periodic_job 4d5072911b8c904c28ceedd83f9726db699a223588935c51ccbdfb29faed9ad9
-- migration procrastinate.contrib.django.migrations.0014_add_finish_job_and_retry_job_functions 20ebed9ca30246c80eb5367539d2a55ac3335dd870b3ebc5f6fb37985f2c9b5d
-- migration procrastinate.contrib.django.migrations.0015_add_trigger_on_job_deletion 41bec3a5111ff97fe58c593a551d5530aeaa59447331ba1b78ce5170eda24125
-- migration procrastinate.contrib.django.migrations.0016_delete_finished_jobs aa4d841aae25c4b1a3434070da3df19fe3853308fd1368ee217d0dc4e39fd52e
-- migration procrastinate.contrib.django.migrations.0017_add_checks_to_finish_job fa9f208ddf3368decd72cc2308cd1f07b5ca782bd94577c7776cf24dcec16883
-- migration procrastinate.contrib.django.migrations.0018_add_checks_to_retry_job 893bfc867f1594eb09d45dc16ccf30a78c893a656ab1daef05fdbf9c3808901c
-- migration procrastinate.contrib.django.migrations.0019_fix_finish_job_compat_issue 4c85f00a990bb3d7d83c93db3d3be534eb0ab26ff322a8e93856dc4de00f8cd2
-- migration procrastinate.contrib.django.migrations.0020_add_index_on_procrastinate_jobs 5a93c4ea92b856f5a873cc1fbd6b63e8ea003dec6d92431d0a83604892c821a8
-- migration procrastinate.contrib.django.migrations.0021_add_kwargs_to_defer_periodic_job 88dd3371cbdee2ba91eca1c9b708d031a9beb4da8b960d67ec2c059dcdf2f167
-- migration procrastinate.contrib.django.migrations.0022_null_locks_excluded 2d5b088f88e89d690a938cb821a7c0187b50f226e42dbb14e19b4fa41f65685d
-- migration procrastinate.contrib.django.migrations.0023_remove_old_finish_job_function 89267383eac7bb812e16173728b0071e64c11d19e2a4d2a6bfa37a86ebf2a67a
-- migration procrastinate.contrib.django.migrations.0024_job_id_bigint 27108dc62abe637299b0c0c3bc0a69e01deff9c9cde89a7eacc0b49ff5481a51
-- migration procrastinate.contrib.django.migrations.0025_add_models 29580ceb9d30811cbc9bc83f593d5ecc87ff03c18676f4b897eab564609f51f1
-- migration procrastinate.contrib.django.migrations.0026_add_job_priority 4f7746b8edef802a04526ddb20918f43158821771f86f0033093820826b41d3c
-- migration procrastinate.contrib.django.migrations.0027_add_periodic_job_priority 17e24782e5f4b56efe8a3a9170154f93b1dd7d4cfb1a0c0547f2f83c6726cd2b
-- migration procrastinate.contrib.django.migrations.0028_add_cancel_states 2831656624aa91659d863de8f9cf48f5fcfe830bba34f341fadb387d06699812
-- migration procrastinate.contrib.django.migrations.0029_add_additional_params_to_retry_job 50d48f155234960c55a04cc95cec0a4347cd8ce447e6efadd92873490df77043
-- migration procrastinate.contrib.django.migrations.0030_alter_procrastinateevent_options 94486414b944e7071286e235411105978f16c20b76b9225fdcf2b1e89d8fcab8
-- migration procrastinate.contrib.django.migrations.0031_add_indexes_for_fetch_job c7235c71c0c003fd728d0ed2c771819cdd7bc010370ea132da7d05b8c9456a46
-- migration procrastinate.contrib.django.migrations.0032_pre_cancel_notification 42c97f730f7f0edd305297a59a072a56fcd23faf0170f9cef5a983d4627596ee
-- migration procrastinate.contrib.django.migrations.0033_post_cancel_notification 8bd0e84d1e45311ef1d5a850183e2243f8b86527f5d6f90c6305081e2825d966
-- migration procrastinate.contrib.django.migrations.0034_pre_add_heartbeat 844ed448222ba8b1dca1e719390da705f77de87a5b4d0d18c652e4605493dd95
-- migration procrastinate.contrib.django.migrations.0035_post_add_heartbeat 0cbd71b8406c14f426794a66787704c1b2c6acb84372dee78c138838ed177be0
-- migration procrastinate.contrib.django.migrations.0036_add_worker_model f996e8059968a3a44eb331199eb0a8789ffc6f3a57d01a9f93bcaf1b4a1a5613
-- migration procrastinate.contrib.django.migrations.0037_pre_batch_defer_jobs 0d7d4294e8aa2749f804962b397ae9d7b392146d838ef0dc608b34dcebefc450
-- migration procrastinate.contrib.django.migrations.0038_post_batch_defer_jobs 503152d687e3e49b9ef4f76cb7dd4900bee778b199eae187b571e7dd470e5d0e
-- migration procrastinate.contrib.django.migrations.0039_pre_priority_lock_fetch_job aba2087cb2b69233cd1080011f7066edd1d7d6145bb0ba6a94a7f904a768ed36
-- migration procrastinate.contrib.django.migrations.0040_pre_retry_failed_job f6d2a552fbbc50880d3f236abae3316591c49da7813333eca55f8b7bba228ded
-- migration procrastinate.contrib.django.migrations.0041_post_retry_failed_job 2c8dc359b30362a93ce44822852544045c2688305bdb71bea572645c5dc5a1e9
-- migration callwarden.protection.migrations.0002_keeper_sees_approvals bc5a98833c94dcc4e561ac549eb1d3dfa655bf06058fab3ded5d3bf0de5be9a7
-- migration callwarden.protection.migrations.0003_backup 80858803653d89eeb06fe0aa71db2a18a71b25c5ad6a774269adca72f46734d1
-- migration callwarden.protection.migrations.0004_retention_scope c703f2d8c640c9123690a61282c63e80cb29b1a0575bf8af696ad288ed0eca71
-- migration callwarden.protection.migrations.0005_dialler_scope 6d1ea89f859b39c29f69f5f615466c298afb1b6d6a5cb0d222c1ce101a19f673
-- migration callwarden.protection.migrations.0006_requests_of_others 96610de9d4802ced0047ab865a63f6824f09b9a29cb7fd5702047e354c76f958
-- migration callwarden.protection.migrations.0007_backup_log 91ddcc96629ff9b63536afd5ac6ae446c62b665be69bfa48be2601f0a8cc22a0
-- migration callwarden.protection.migrations.0008_decide_scope d9ccb370948acfca95a14fc79fbdf1ca8bd95ad1fe94f4fde29c33a6495eefa3
-- migration callwarden.protection.migrations.0009_people_sign_in 3df6a45f6eaaf291026951c9094fdbf279dd9dbad10e701cc1cb058086247101
-- migration callwarden.protection.migrations.0010_provision_scope e45aff8bef56a64ad4a9da8baf952f0b5dbb0391e0b0d775ae4c99d073ba530d
-- migration callwarden.protection.migrations.0011_work_scope 1ddc0db2162c4e441c10f0645013e90acdad7147471a27b44b17a20ed4b9578c
-- migration callwarden.protection.migrations.0012_identities bba60d338f62c1626bbdc20acc28d41541a1ea322c1dbf6eeb0356c924f98bd7
-- migration callwarden.protection.migrations.0013_neighbours_scope b7226f0e660ab0db768f0972cc97f795b5d01860c48c4b983e4594ee618d2549
-- migration callwarden.protection.migrations.0014_spent_answers 9b5a4950b441f3a4961ba9c5c1cf63e6fe42c74073374734b19a93d693faaa11
-- migration callwarden.protection.migrations.0015_gateway_scope 573d0a4c30ff742ee2ceb4245a51cf65380db0d317cf717afe5281082de52c53
-- migration callwarden.protection.migrations.0016_saml_keys 2f10ec3957557c476b798c1dfc08d193abcec147b2bf295b8133aae26cf61222
-- migration callwarden.protection.migrations.0017_arrivals 9a77fc358fd742614f20b80240ac1b85a1798e4a0f08456288d0e4daea3ff74a
-- migration django.contrib.sessions.migrations.0001_initial 2aa438e2393ee5135c4dda94bfde65fd49e8300f1c3f93bed25ae3a09f2f69b9
-- migration allauth.socialaccount.migrations.0001_initial 3647538d149b8190b7aad79e51adb1bebc03c40513e8c24cf462f64f407d9827
-- migration allauth.socialaccount.migrations.0002_token_max_lengths 1f6fc8859622f5959daecc0963be2ca1b366c778dcd32270a857f2073b79bc83
-- migration allauth.socialaccount.migrations.0003_extra_data_default_dict e8b6fe9e20bed06125dd4502c85ff006d8d161d94ff5102af8c82aa11c55edf5
-- migration allauth.socialaccount.migrations.0004_app_provider_id_settings 82163ba3cc18a1ead53ec62775f6e4e796483c07d409d14246772898b1fcaa0c
-- migration allauth.socialaccount.migrations.0005_socialtoken_nullable_app f023fe1a501c3e63c259aa4a5c0a1a6936044d0b1228f3ca03f684a2dcd52a12
-- migration allauth.socialaccount.migrations.0006_alter_socialaccount_extra_data d1de2c79db317f6f8f0d64875cc181e80e12c8e97376e6623abfe7dbce873642
-- migration callwarden.doors.spool.migrations.0001_initial 53e9abfb309cd33258ad080efd024fc3cc1ad7f8ecb9e171c54a48e6d05bcfe9
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL transaction_timeout = 0;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', true);
SET LOCAL check_function_bodies = false;
SET LOCAL xmloption = content;
SET LOCAL client_min_messages = warning;
SET LOCAL row_security = off;
CREATE TYPE public.procrastinate_job_event_type AS ENUM (
    'deferred',
    'started',
    'deferred_for_retry',
    'failed',
    'succeeded',
    'cancelled',
    'abort_requested',
    'aborted',
    'scheduled',
    'retried'
);
CREATE TYPE public.procrastinate_job_status AS ENUM (
    'todo',
    'doing',
    'succeeded',
    'failed',
    'cancelled',
    'aborting',
    'aborted'
);
CREATE TYPE public.procrastinate_job_to_defer_v1 AS (
	queue_name character varying,
	task_name character varying,
	priority integer,
	lock text,
	queueing_lock text,
	args jsonb,
	scheduled_at timestamp with time zone
);
CREATE FUNCTION public.control_decided_once() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF OLD.decision <> '' AND (to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW)) THEN
    RAISE EXCEPTION 'what a review decided never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.control_grant_frozen() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF (SELECT state FROM control_accessgrant WHERE id = NEW.grant_id) <> 'asked' THEN
    RAISE EXCEPTION 'nothing is added to a grant' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.control_grant_only_shrinks() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF NEW.uses < OLD.uses OR (OLD.starts_at IS NOT NULL
      AND (NEW.starts_at IS DISTINCT FROM OLD.starts_at OR NEW.ends_at IS DISTINCT FROM OLD.ends_at)) THEN
    RAISE EXCEPTION 'a grant never grows' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.control_keep_written() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF NEW.version <> OLD.version OR NEW.created_at <> OLD.created_at
     OR (OLD.state <> 'draft' AND (NEW.matrix <> OLD.matrix OR NEW.digest <> OLD.digest)) THEN
    RAISE EXCEPTION 'a version of the access matrix is written while it is a draft' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.control_report_once() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF OLD.state = 'closed' THEN
    RAISE EXCEPTION 'the report of a review never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.control_trainingrecord_never_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN RAISE EXCEPTION 'the register of training is never changed' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE FUNCTION public.control_trainingtakenback_never_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN RAISE EXCEPTION 'the register of training is never changed' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE FUNCTION public.control_usage_report_once() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF OLD.looked_at IS NOT NULL
     OR (to_jsonb(OLD) - '{looked_by_id,looked_at,look_entry}'::text[])
        IS DISTINCT FROM (to_jsonb(NEW) - '{looked_by_id,looked_at,look_entry}'::text[]) THEN
    RAISE EXCEPTION 'the usage review of a month never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.custody_ledgerentry_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user = 'cw_sequencer' AND EXISTS (
    SELECT 1 FROM custody_ledgeryear given
      JOIN custody_ledgeryear after
        ON after.first = (SELECT min(first) FROM custody_ledgeryear later WHERE later.first > given.first)
     WHERE given.erasure_approved_at IS NOT NULL AND given.first <= OLD.index AND OLD.index < after.first
       AND after.opened_at < now() - interval '3 years')
  THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'rows of this table are only ever added' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION public.custody_permit_stays_revoked() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN RAISE EXCEPTION 'a permit stays revoked' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE FUNCTION public.kernel_guard_state() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> TG_ARGV[1] THEN
      RAISE EXCEPTION '% must start as %', TG_TABLE_NAME, TG_ARGV[1] USING ERRCODE = 'check_violation';
    END IF;
  ELSIF NEW.state <> OLD.state
        AND NOT (OLD.state || '>' || NEW.state) = ANY (string_to_array(TG_ARGV[0], ',')) THEN
    RAISE EXCEPTION '%: no step from % to %', TG_TABLE_NAME, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.kernel_keep_columns() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
  kept text;
BEGIN
  FOREACH kept IN ARRAY string_to_array(TG_ARGV[0], ',') LOOP
    IF to_jsonb(OLD) -> kept IS DISTINCT FROM to_jsonb(NEW) -> kept THEN
      RAISE EXCEPTION '%: % never changes', TG_TABLE_NAME, kept USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  RETURN NEW;
END $$;
CREATE FUNCTION public.kernel_not_both() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM kernel_vote v WHERE v.approval_id = NEW.approval_id
             AND (v.voter_id = NEW.in_name_of_id OR v.in_name_of_id = NEW.voter_id)) THEN
    RAISE EXCEPTION 'a person and their deputy have one voice' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.kernel_outcome_once() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF OLD.outcome <> 'waiting' THEN
    RAISE EXCEPTION 'the outcome of a row never changes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.kernel_roles_known() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE own text[] := ARRAY(SELECT unnest(NEW.roles) EXCEPT SELECT unnest('{agent,team_leader,quality_reviewer,data_protection_officer,security_administrator,system_administrator,auditor,
partner_manager}'::text[]));
        found integer;
BEGIN
  IF own = '{}' THEN RETURN NEW; END IF;
  SELECT count(*) INTO found FROM (SELECT 1 FROM kernel_ownrole WHERE slug = ANY(own) FOR KEY SHARE) known;
  IF found <> cardinality(own) THEN
    RAISE EXCEPTION 'user_roles_known: a person may hold only roles there are' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.lawful_assessment_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.keep_until IS NOT NULL AND OLD.keep_until > now() THEN
      RAISE EXCEPTION 'an impact assessment is kept for three years' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.state <> 'draft' AND
     (NEW.purpose_id, NEW.number, NEW.jurisdictions, NEW.covers, NEW.answers, NEW.risks, NEW.consulted, NEW.approval,
      NEW.approved_by, NEW.approved_at, NEW.valid_until)
     IS DISTINCT FROM
     (OLD.purpose_id, OLD.number, OLD.jurisdictions, OLD.covers, OLD.answers, OLD.risks, OLD.consulted, OLD.approval,
      OLD.approved_by, OLD.approved_at, OLD.valid_until)
  THEN
    RAISE EXCEPTION 'an approved impact assessment is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.keep_until IS NOT NULL AND (NEW.keep_until IS NULL OR NEW.keep_until < OLD.keep_until) THEN
    RAISE EXCEPTION 'an impact assessment is kept for three years' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.lawful_certificate_never_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN RAISE EXCEPTION 'a certificate is never changed' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE FUNCTION public.lawful_certifiedbucket_never_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN RAISE EXCEPTION 'a certificate is never changed' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE FUNCTION public.lawful_consent_rank(state text) RETURNS smallint
    LANGUAGE sql IMMUTABLE
    AS $$
  SELECT (CASE state WHEN 'requested' THEN 0 WHEN 'given' THEN 1 WHEN 'expired' THEN 2
                     WHEN 'invalidated' THEN 3 WHEN 'refused' THEN 4 ELSE 5 END)::smallint
$$;
CREATE FUNCTION public.lawful_consent_stands() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
  said timestamptz := LEAST(NEW.at, NEW.recorded_at);
  place smallint := lawful_consent_rank(NEW.state);
  asked timestamptz := CASE WHEN NEW.state = 'requested' THEN said END;
  no timestamptz := CASE WHEN NEW.state = 'refused' THEN said END;
BEGIN
  INSERT INTO lawful_consentstate AS now (id, client_id, subject_id, purpose, recipient, state, scope, event_id,
                                          said_at, rank, expires_at, asked_at, refused_at)
  VALUES (gen_random_uuid(), NEW.client_id, NEW.subject_id, NEW.purpose, NEW.recipient, NEW.state, NEW.scope, NEW.id,
          said, place, NEW.expires_at, asked, no)
  ON CONFLICT (client_id, subject_id, purpose, recipient) DO UPDATE SET
    asked_at = GREATEST(now.asked_at, asked), refused_at = GREATEST(now.refused_at, no);
  UPDATE lawful_consentstate now
     SET state = NEW.state, scope = NEW.scope, event_id = NEW.id, said_at = said, rank = place,
         expires_at = NEW.expires_at
   WHERE now.client_id = NEW.client_id AND now.subject_id = NEW.subject_id AND now.purpose = NEW.purpose
     AND now.recipient = NEW.recipient
     AND (place > 0, said, place, NEW.id) > (now.rank > 0, now.said_at, now.rank, now.event_id);
  RETURN NULL;
END $$;
CREATE FUNCTION public.lawful_consentevent_keeps() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF (NEW."line_id", NEW."reference", NEW."scope", NEW."purpose", NEW."recipient", NEW."state", NEW."method", NEW."key", NEW."by", NEW."apart", NEW."notice_id", NEW."script_version", NEW."reason", NEW."at", NEW."expires_at", NEW."recorded_at", NEW."client_id") IS DISTINCT FROM (OLD."line_id", OLD."reference", OLD."scope", OLD."purpose", OLD."recipient", OLD."state", OLD."method", OLD."key", OLD."by", OLD."apart", OLD."notice_id", OLD."script_version", OLD."reason", OLD."at", OLD."expires_at", OLD."recorded_at", OLD."client_id") OR (OLD.subject_id IS NOT NULL AND NEW.subject_id IS NOT NULL AND NEW.subject_id <> OLD.subject_id) OR (OLD.call_id IS NOT NULL AND NEW.call_id IS NOT NULL AND NEW.call_id <> OLD.call_id) OR (OLD.evidence_id IS NOT NULL AND NEW.evidence_id IS NOT NULL AND NEW.evidence_id <> OLD.evidence_id)
  THEN
    RAISE EXCEPTION 'a consent event is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.lawful_consentevidence_keeps() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF (NEW.client_id, NEW.kind, NEW.claimed, NEW.start_ms, NEW.end_ms, NEW.script, NEW.attested_by, NEW.made_at)
     IS DISTINCT FROM (OLD.client_id, OLD.kind, OLD.claimed, OLD.start_ms, OLD.end_ms, OLD.script, OLD.attested_by, OLD.made_at)
     OR (OLD.source IS NOT NULL AND NEW.source IS DISTINCT FROM OLD.source)
     OR (length(OLD.digest) > 0 AND NEW.digest IS DISTINCT FROM OLD.digest)
     OR (OLD.record_id IS NOT NULL AND NEW.record_id IS NOT NULL AND NEW.record_id <> OLD.record_id)
     OR (OLD.mismatch AND NOT NEW.mismatch)
  THEN
    RAISE EXCEPTION 'evidence of consent is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.lawful_consentstate_follows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'what stands follows from the events alone' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.lawful_notice_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF OLD.state <> 'draft'
     AND (NEW.text_en, NEW.text_zh, NEW.script_en, NEW.script_zh, NEW.digest, NEW.version, NEW.covers,
          NEW.line_id, NEW.published_at, NEW.told_since)
     IS DISTINCT FROM (OLD.text_en, OLD.text_zh, OLD.script_en, OLD.script_zh, OLD.digest, OLD.version, OLD.covers,
          OLD.line_id, OLD.published_at, OLD.told_since)
  THEN
    RAISE EXCEPTION 'a published notice is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.lawful_purposerevision_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF to_jsonb(NEW) - 'applied_at' IS DISTINCT FROM to_jsonb(OLD) - 'applied_at' OR OLD.applied_at IS NOT NULL THEN
    RAISE EXCEPTION 'a revision of a purpose is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.lawful_release_keeps() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'DELETE' OR
     (NEW.client_id, NEW.label, NEW.recipe, NEW.recipe_digest, NEW.scope, NEW.figures, NEW.rows, NEW.digest, NEW.rules,
      NEW.left_out, NEW.at_end_id, NEW.proposed_by, NEW.proposed_at, NEW.entry)
     IS DISTINCT FROM
     (OLD.client_id, OLD.label, OLD.recipe, OLD.recipe_digest, OLD.scope, OLD.figures, OLD.rows, OLD.digest, OLD.rules,
      OLD.left_out, OLD.at_end_id, OLD.proposed_by, OLD.proposed_at, OLD.entry)
  THEN
    RAISE EXCEPTION 'a release is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.lawful_staffnotice_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF OLD.state <> 'draft' AND (NEW.text_en, NEW.text_zh, NEW.digest, NEW.version)
     IS DISTINCT FROM (OLD.text_en, OLD.text_zh, OLD.digest, OLD.version)
  THEN
    RAISE EXCEPTION 'a published notice is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$$;
CREATE FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;
    RETURN job_ids;
END;
$$;
CREATE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
	_job_id bigint;
	_defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;
    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;
    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;
    RETURN _job_id;
END;
$$;
SET LOCAL default_tablespace = '';
SET LOCAL default_table_access_method = heap;
CREATE TABLE public.procrastinate_jobs (
    id bigint NOT NULL,
    queue_name character varying(128) NOT NULL,
    task_name character varying(128) NOT NULL,
    lock text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.procrastinate_job_status DEFAULT 'todo'::public.procrastinate_job_status NOT NULL,
    scheduled_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    queueing_lock text,
    priority integer DEFAULT 0 NOT NULL,
    abort_requested boolean DEFAULT false NOT NULL,
    worker_id bigint,
    CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::public.procrastinate_job_status) AND (abort_requested = true))))
);
CREATE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) RETURNS public.procrastinate_jobs
    LANGUAGE plpgsql
    AS $$
DECLARE
	found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;
 RETURN found_jobs;
END;
$$;
CREATE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_notify_queue_abort_job_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_notify_queue_job_inserted_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$$;
CREATE FUNCTION public.procrastinate_register_worker_v1() RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$$;
CREATE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_status_events_update_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_unlink_periodic_defers_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$$;
CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;
CREATE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$$;
CREATE TABLE public.account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id uuid NOT NULL
);
ALTER TABLE public.account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailaddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.account_emailconfirmation (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    sent timestamp with time zone,
    key character varying(64) NOT NULL,
    email_address_id integer NOT NULL
);
ALTER TABLE public.account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailconfirmation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.api_answeredrequest (
    id uuid NOT NULL,
    token bytea NOT NULL,
    content bytea NOT NULL,
    status smallint NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    service_key_id uuid NOT NULL,
    CONSTRAINT api_answeredrequest_status_check CHECK ((status >= 0))
);
CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.axes_accessattempt (
    id integer NOT NULL,
    user_agent character varying(255) NOT NULL,
    ip_address inet,
    username character varying(255),
    http_accept character varying(1025) NOT NULL,
    path_info character varying(255) NOT NULL,
    attempt_time timestamp with time zone NOT NULL,
    get_data text NOT NULL,
    post_data text NOT NULL,
    failures_since_start integer NOT NULL,
    CONSTRAINT axes_accessattempt_failures_since_start_check CHECK ((failures_since_start >= 0))
);
ALTER TABLE public.axes_accessattempt ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.axes_accessattempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.axes_accessattemptexpiration (
    access_attempt_id integer NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.axes_accessfailurelog (
    id integer NOT NULL,
    user_agent character varying(255) NOT NULL,
    ip_address inet,
    username character varying(255),
    http_accept character varying(1025) NOT NULL,
    path_info character varying(255) NOT NULL,
    attempt_time timestamp with time zone NOT NULL,
    locked_out boolean NOT NULL
);
ALTER TABLE public.axes_accessfailurelog ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.axes_accessfailurelog_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.axes_accesslog (
    id integer NOT NULL,
    user_agent character varying(255) NOT NULL,
    ip_address inet,
    username character varying(255),
    http_accept character varying(1025) NOT NULL,
    path_info character varying(255) NOT NULL,
    attempt_time timestamp with time zone NOT NULL,
    logout_time timestamp with time zone,
    session_hash character varying(64) NOT NULL
);
ALTER TABLE public.axes_accesslog ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.axes_accesslog_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.control_accessday (
    id bigint NOT NULL,
    day date NOT NULL,
    actor character varying(60) NOT NULL,
    peers character varying(120) NOT NULL,
    action character varying(20) NOT NULL,
    link character varying(10) NOT NULL,
    purpose character varying(50) NOT NULL,
    count integer NOT NULL,
    refused integer NOT NULL,
    CONSTRAINT control_accessday_count_check CHECK ((count >= 0)),
    CONSTRAINT control_accessday_refused_check CHECK ((refused >= 0))
);
ALTER TABLE public.control_accessday ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.control_accessday_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.control_accessgrant (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    client uuid NOT NULL,
    action character varying(50) NOT NULL,
    purpose character varying(50) NOT NULL,
    scope character varying(10) NOT NULL,
    target uuid,
    call uuid,
    ticket character varying(40) NOT NULL,
    records_digest character varying(64) NOT NULL,
    count integer NOT NULL,
    subjects integer NOT NULL,
    minutes smallint NOT NULL,
    max_uses integer NOT NULL,
    uses integer NOT NULL,
    policy character varying(80) NOT NULL,
    approval uuid NOT NULL,
    entry uuid NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    ended_at timestamp with time zone,
    why_ended character varying(40) NOT NULL,
    person_id uuid NOT NULL,
    CONSTRAINT control_accessgrant_count_check CHECK ((count >= 0)),
    CONSTRAINT control_accessgrant_max_uses_check CHECK ((max_uses >= 0)),
    CONSTRAINT control_accessgrant_minutes_check CHECK ((minutes >= 0)),
    CONSTRAINT control_accessgrant_subjects_check CHECK ((subjects >= 0)),
    CONSTRAINT control_accessgrant_uses_check CHECK ((uses >= 0)),
    CONSTRAINT grant_begun_has_an_end CHECK ((((ends_at IS NULL) AND (starts_at IS NULL) AND ((state)::text = ANY (ARRAY[('asked'::character varying)::text, ('dropped'::character varying)::text]))) OR ((ends_at > starts_at) AND (starts_at IS NOT NULL) AND ((state)::text = ANY (ARRAY[('live'::character varying)::text, ('ended'::character varying)::text]))))),
    CONSTRAINT grant_of_something CHECK (((count >= 1) AND (max_uses >= 1) AND (minutes >= 1))),
    CONSTRAINT grant_used_no_more_than_given CHECK ((uses <= max_uses))
);
CREATE TABLE public.control_alert (
    id uuid NOT NULL,
    state character varying(14) NOT NULL,
    detector character varying(4) NOT NULL,
    kind character varying(40) NOT NULL,
    severity character varying(10) NOT NULL,
    actor character varying(60) NOT NULL,
    at timestamp with time zone NOT NULL,
    since timestamp with time zone NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    lag_ms integer NOT NULL,
    facts jsonb NOT NULL,
    evidence bigint[] NOT NULL,
    closed_at timestamp with time zone,
    incident_id uuid,
    suppression_id uuid,
    CONSTRAINT control_alert_lag_ms_check CHECK ((lag_ms >= 0))
);
CREATE TABLE public.control_campaign (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    reference character varying(50) NOT NULL,
    roles character varying(30)[] NOT NULL,
    lines uuid[],
    started_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    body bytea,
    digest character varying(64) NOT NULL,
    entry uuid,
    started_by_id uuid NOT NULL,
    CONSTRAINT review_closed_with_a_report CHECK (((NOT ((state)::text = 'closed'::text)) OR ((closed_at IS NOT NULL) AND (entry IS NOT NULL)))),
    CONSTRAINT review_due_later CHECK ((due_at > started_at))
);
CREATE TABLE public.control_canary (
    id uuid NOT NULL,
    client uuid NOT NULL,
    subject uuid NOT NULL,
    planted_at timestamp with time zone NOT NULL,
    planted_by character varying(60) NOT NULL,
    removed_at timestamp with time zone
);
CREATE TABLE public.control_emergencyaccess (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    client uuid NOT NULL,
    purpose character varying(50) NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    why_ended character varying(40) NOT NULL,
    max_subjects smallint NOT NULL,
    max_rows smallint NOT NULL,
    rows smallint NOT NULL,
    review_due timestamp with time zone NOT NULL,
    reviewed_at timestamp with time zone,
    review_entry uuid,
    incident uuid,
    entry uuid NOT NULL,
    person_id uuid NOT NULL,
    reviewed_by_id uuid,
    CONSTRAINT control_emergencyaccess_max_rows_check CHECK ((max_rows >= 0)),
    CONSTRAINT control_emergencyaccess_max_subjects_check CHECK ((max_subjects >= 0)),
    CONSTRAINT control_emergencyaccess_rows_check CHECK ((rows >= 0)),
    CONSTRAINT emergency_ends CHECK ((ends_at > starts_at)),
    CONSTRAINT emergency_reviewed_by_another CHECK (((reviewed_by_id IS NULL) OR (NOT ((reviewed_by_id = person_id) AND (reviewed_by_id IS NOT NULL))))),
    CONSTRAINT emergency_verdict_of_somebody CHECK ((((reviewed_by_id IS NOT NULL) AND ((state)::text = ANY (ARRAY[('confirmed'::character varying)::text, ('questioned'::character varying)::text]))) OR ((NOT ((state)::text = ANY (ARRAY[('confirmed'::character varying)::text, ('questioned'::character varying)::text]))) AND (reviewed_by_id IS NULL)))),
    CONSTRAINT emergency_within_its_cap CHECK ((rows <= max_rows))
);
CREATE TABLE public.control_emergencyuse (
    id uuid NOT NULL,
    record uuid NOT NULL,
    subject uuid NOT NULL,
    permit uuid NOT NULL,
    entry uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    access_id uuid NOT NULL
);
CREATE TABLE public.control_grantedrecord (
    id uuid NOT NULL,
    record uuid NOT NULL,
    subject uuid NOT NULL,
    fields character varying(40)[] NOT NULL,
    grant_id uuid NOT NULL
);
CREATE TABLE public.control_grantuse (
    id uuid NOT NULL,
    permit uuid NOT NULL,
    entry uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    grant_id uuid NOT NULL
);
CREATE TABLE public.control_item (
    id uuid NOT NULL,
    kind character varying(50) NOT NULL,
    target character varying(60) NOT NULL,
    facts jsonb NOT NULL,
    seen_at timestamp with time zone,
    decision character varying(10) NOT NULL,
    decided_by character varying(60) NOT NULL,
    decided_at timestamp with time zone,
    silent boolean NOT NULL,
    outcome character varying(50) NOT NULL,
    entry uuid,
    campaign_id uuid NOT NULL,
    person_id uuid NOT NULL,
    reviewer_id uuid NOT NULL,
    seen_by_id uuid,
    CONSTRAINT review_decided_with_an_entry CHECK (((((decision)::text = ''::text) AND (entry IS NULL) AND ((outcome)::text = ''::text)) OR ((NOT ((decision)::text = ''::text)) AND (entry IS NOT NULL)))),
    CONSTRAINT review_never_of_oneself CHECK ((NOT (person_id = reviewer_id)))
);
CREATE TABLE public.control_neighbour (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    slug character varying(40) NOT NULL,
    name character varying(80) NOT NULL,
    name_zh character varying(80) NOT NULL,
    kind character varying(10) NOT NULL,
    quiet_minutes integer NOT NULL,
    mapping jsonb NOT NULL,
    named_by character varying(10) NOT NULL,
    way character varying(10) NOT NULL,
    program character varying(50) NOT NULL,
    certificates character varying(64)[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    heard_at timestamp with time zone,
    taken bigint NOT NULL,
    repeated bigint NOT NULL,
    left_out bigint NOT NULL,
    refused jsonb NOT NULL,
    skew_s integer NOT NULL,
    client_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    CONSTRAINT control_neighbour_left_out_check CHECK ((left_out >= 0)),
    CONSTRAINT control_neighbour_quiet_minutes_check CHECK ((quiet_minutes >= 0)),
    CONSTRAINT control_neighbour_repeated_check CHECK ((repeated >= 0)),
    CONSTRAINT control_neighbour_taken_check CHECK ((taken >= 0)),
    CONSTRAINT neighbour_by_http_has_a_program CHECK (((NOT ((way)::text = 'http'::text)) OR (NOT ((program)::text = ''::text)))),
    CONSTRAINT neighbour_by_syslog_has_a_certificate CHECK (((NOT ((way)::text = 'syslog'::text)) OR (NOT (certificates = '{}'::character varying(64)[]))))
);
CREATE TABLE public.control_neighbourbatch (
    id uuid NOT NULL,
    way character varying(10) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    taken integer NOT NULL,
    repeated integer NOT NULL,
    left_out integer NOT NULL,
    refused jsonb NOT NULL,
    skew_s integer NOT NULL,
    digest character varying(64) NOT NULL,
    entry uuid NOT NULL,
    client_id uuid NOT NULL,
    neighbour_id uuid NOT NULL,
    CONSTRAINT control_neighbourbatch_left_out_check CHECK ((left_out >= 0)),
    CONSTRAINT control_neighbourbatch_repeated_check CHECK ((repeated >= 0)),
    CONSTRAINT control_neighbourbatch_taken_check CHECK ((taken >= 0))
);
ALTER TABLE ONLY public.control_neighbourbatch FORCE ROW LEVEL SECURITY;
CREATE TABLE public.control_neighbourentry (
    id uuid NOT NULL,
    number integer NOT NULL,
    mark bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    act character varying(16) NOT NULL,
    rows integer,
    inside boolean,
    who bytea NOT NULL,
    person_token bytea,
    calls bytea,
    commitment character varying(64) NOT NULL,
    salt bytea,
    subject uuid,
    call uuid,
    link character varying(10) NOT NULL,
    judged_at timestamp with time zone,
    judged_in uuid,
    erased_at timestamp with time zone,
    batch_id uuid NOT NULL,
    client_id uuid NOT NULL,
    neighbour_id uuid NOT NULL,
    user_id uuid,
    CONSTRAINT control_neighbourentry_number_check CHECK ((number >= 0)),
    CONSTRAINT control_neighbourentry_rows_check CHECK ((rows >= 0))
);
ALTER TABLE ONLY public.control_neighbourentry FORCE ROW LEVEL SECURITY;
CREATE TABLE public.control_policyversion (
    id uuid NOT NULL,
    version integer NOT NULL,
    state character varying(12) NOT NULL,
    matrix jsonb NOT NULL,
    digest character varying(80) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    activated_at timestamp with time zone,
    based_on integer,
    revised_at timestamp with time zone,
    sample smallint DEFAULT 100 NOT NULL,
    shadowed_at timestamp with time zone,
    CONSTRAINT control_policyversion_based_on_check CHECK ((based_on >= 0)),
    CONSTRAINT control_policyversion_sample_check CHECK ((sample >= 0)),
    CONSTRAINT control_policyversion_version_check CHECK ((version >= 0)),
    CONSTRAINT policy_sample_is_a_share CHECK (((sample >= 1) AND (sample <= 100)))
);
CREATE TABLE public.control_shadowcount (
    id uuid NOT NULL,
    outcome character varying(10) NOT NULL,
    roles character varying(120) NOT NULL,
    purpose character varying(64) NOT NULL,
    category character varying(64) NOT NULL,
    action character varying(32) NOT NULL,
    reason character varying(40) NOT NULL,
    count bigint NOT NULL,
    last_at timestamp with time zone NOT NULL,
    version_id uuid NOT NULL,
    CONSTRAINT control_shadowcount_count_check CHECK ((count >= 0))
);
CREATE TABLE public.control_shift (
    id uuid NOT NULL,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone NOT NULL,
    client_id uuid NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT shift_ends_after_it_began CHECK ((ends > starts))
);
ALTER TABLE ONLY public.control_shift FORCE ROW LEVEL SECURITY;
CREATE TABLE public.control_siemreceiver (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    name character varying(40) NOT NULL,
    next_index bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    covered_at timestamp with time zone,
    attempts integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    failing_since timestamp with time zone,
    error character varying(60) NOT NULL,
    taken_until timestamp with time zone,
    alone_at timestamp with time zone,
    paused_until timestamp with time zone,
    CONSTRAINT control_siemreceiver_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT siem_receiver_index_is_a_leaf CHECK ((next_index >= 0))
);
CREATE TABLE public.control_suppression (
    id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    actor character varying(60) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    entry uuid NOT NULL,
    owner_id uuid NOT NULL,
    CONSTRAINT suppression_expires CHECK ((expires_at > created_at))
);
CREATE TABLE public.control_task (
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    reference bytea NOT NULL,
    purpose character varying(64) NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    client_id uuid NOT NULL,
    CONSTRAINT task_ends_after_it_began CHECK ((until > opened_at))
);
ALTER TABLE ONLY public.control_task FORCE ROW LEVEL SECURITY;
CREATE TABLE public.control_taskagent (
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    task_id uuid NOT NULL,
    user_id uuid NOT NULL
);
ALTER TABLE ONLY public.control_taskagent FORCE ROW LEVEL SECURITY;
CREATE TABLE public.control_tasksubject (
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    task_id uuid NOT NULL
);
ALTER TABLE ONLY public.control_tasksubject FORCE ROW LEVEL SECURITY;
CREATE TABLE public.control_tie (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    kind character varying(10) NOT NULL,
    declared_by character varying(60) NOT NULL,
    declared_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    client_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    user_id uuid NOT NULL
);
ALTER TABLE ONLY public.control_tie FORCE ROW LEVEL SECURITY;
CREATE TABLE public.control_trainingrecord (
    id uuid NOT NULL,
    course character varying(50) NOT NULL,
    completed_on date NOT NULL,
    valid_until date NOT NULL,
    source character varying(10) NOT NULL,
    entered_by character varying(60) NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    entry uuid NOT NULL,
    person_id uuid NOT NULL,
    CONSTRAINT training_ends_later CHECK ((valid_until >= completed_on))
);
CREATE TABLE public.control_trainingtakenback (
    id uuid NOT NULL,
    by character varying(60) NOT NULL,
    at timestamp with time zone NOT NULL,
    entry uuid NOT NULL,
    record_id uuid NOT NULL
);
CREATE TABLE public.control_tuning (
    id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    before double precision NOT NULL,
    after double precision NOT NULL,
    why character varying(10) NOT NULL,
    at timestamp with time zone NOT NULL,
    by character varying(60) NOT NULL,
    entry uuid NOT NULL,
    CONSTRAINT tuning_within_bounds CHECK (((after >= ('-1.0'::numeric)::double precision) AND (after <= (2.0)::double precision)))
);
CREATE TABLE public.control_usagereport (
    id uuid NOT NULL,
    month date NOT NULL,
    made_at timestamp with time zone NOT NULL,
    people integer NOT NULL,
    body bytea NOT NULL,
    digest character varying(64) NOT NULL,
    entry uuid NOT NULL,
    looked_at timestamp with time zone,
    look_entry uuid,
    looked_by_id uuid,
    CONSTRAINT control_usagereport_people_check CHECK ((people >= 0)),
    CONSTRAINT usage_looked_at_with_an_entry CHECK ((((look_entry IS NULL) AND (looked_at IS NULL) AND (looked_by_id IS NULL)) OR ((look_entry IS NOT NULL) AND (looked_at IS NOT NULL) AND (looked_by_id IS NOT NULL))))
);
CREATE TABLE public.control_watchpart (
    key character varying(200) NOT NULL,
    data jsonb NOT NULL
);
CREATE TABLE public.control_watchstate (
    id smallint NOT NULL,
    cursor bigint NOT NULL,
    learn_until timestamp with time zone NOT NULL,
    beat_at timestamp with time zone,
    CONSTRAINT control_watchstate_id_check CHECK ((id >= 0)),
    CONSTRAINT one_watch_state CHECK ((id = 1))
);
CREATE TABLE public.custody_agentlogin (
    id uuid NOT NULL,
    login bytea NOT NULL,
    user_id uuid NOT NULL,
    client_id uuid NOT NULL
);
ALTER TABLE ONLY public.custody_agentlogin FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_bucket (
    id uuid NOT NULL,
    category character varying(30) NOT NULL,
    expires_on date NOT NULL,
    hold boolean NOT NULL,
    destroyed_at timestamp with time zone,
    client_id uuid NOT NULL,
    line_id uuid NOT NULL,
    purged_at timestamp with time zone
);
ALTER TABLE ONLY public.custody_bucket FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_bucketkey (
    bucket_id uuid NOT NULL,
    suite smallint NOT NULL,
    wrapped bytea NOT NULL,
    epoch_id uuid NOT NULL,
    CONSTRAINT custody_bucketkey_suite_check CHECK ((suite >= 0))
)
WITH (fillfactor='45');
CREATE TABLE public.custody_call (
    id uuid NOT NULL,
    reference bytea NOT NULL,
    direction character varying(10) NOT NULL,
    language character varying(10) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    duration_ms integer NOT NULL,
    redaction character varying(10) NOT NULL,
    admitted_at timestamp with time zone NOT NULL,
    spans integer NOT NULL,
    agent_id uuid,
    client_id uuid NOT NULL,
    customer_id uuid,
    line_id uuid NOT NULL,
    sought_at timestamp with time zone,
    CONSTRAINT custody_call_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT custody_call_spans_check CHECK ((spans >= 0))
);
ALTER TABLE ONLY public.custody_call FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_checkpoint (
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    exported_at timestamp with time zone
);
CREATE TABLE public.custody_checkpointsink (
    name character varying(40) NOT NULL,
    kind character varying(20) NOT NULL,
    since timestamp with time zone NOT NULL,
    size bigint NOT NULL,
    succeeded_at timestamp with time zone,
    failures integer NOT NULL,
    failing_since timestamp with time zone,
    error character varying(60) NOT NULL,
    refused boolean NOT NULL,
    next_try_at timestamp with time zone,
    CONSTRAINT custody_checkpointsink_failures_check CHECK ((failures >= 0))
);
CREATE TABLE public.custody_client (
    id uuid NOT NULL,
    slug character varying(50) NOT NULL,
    name character varying(200) NOT NULL,
    name_zh character varying(200) NOT NULL,
    closed_at timestamp with time zone,
    contact character varying(200) NOT NULL,
    controller character varying(200) NOT NULL,
    controller_zh character varying(200) NOT NULL
);
CREATE TABLE public.custody_clocklook (
    id smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    steady_since timestamp with time zone NOT NULL,
    mark timestamp with time zone,
    CONSTRAINT custody_clocklook_id_check CHECK ((id >= 0))
);
CREATE TABLE public.custody_cosignature (
    id bigint NOT NULL,
    size bigint NOT NULL,
    witness character varying(200) NOT NULL,
    line text NOT NULL,
    at timestamp with time zone NOT NULL
);
ALTER TABLE public.custody_cosignature ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.custody_cosignature_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.custody_customer (
    id uuid NOT NULL,
    number bytea NOT NULL,
    language character varying(10) NOT NULL,
    vip boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    client_id uuid NOT NULL,
    person_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    number_version smallint DEFAULT 1 NOT NULL,
    known_since timestamp with time zone,
    CONSTRAINT custody_customer_number_version_check CHECK ((number_version >= 0))
);
ALTER TABLE ONLY public.custody_customer FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_datakey (
    record_id uuid NOT NULL,
    generation integer NOT NULL,
    wrapped bytea NOT NULL,
    bucket_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    wrap smallint DEFAULT 1 NOT NULL,
    CONSTRAINT custody_datakey_generation_check CHECK ((generation >= 0)),
    CONSTRAINT custody_datakey_version_check CHECK ((version >= 0)),
    CONSTRAINT custody_datakey_wrap_check CHECK ((wrap >= 0))
)
WITH (fillfactor='80');
CREATE TABLE public.custody_epoch (
    id uuid NOT NULL,
    number integer NOT NULL,
    state character varying(10) NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone,
    client_id uuid NOT NULL,
    approval uuid,
    destroy_after timestamp with time zone,
    retired_at timestamp with time zone,
    CONSTRAINT custody_epoch_number_check CHECK ((number >= 0))
);
ALTER TABLE ONLY public.custody_epoch FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_hold (
    id uuid NOT NULL,
    matter uuid NOT NULL,
    erase character varying(60) NOT NULL,
    set_by character varying(60) NOT NULL,
    set_at timestamp with time zone NOT NULL,
    released_by character varying(60) NOT NULL,
    released_at timestamp with time zone,
    client_id uuid NOT NULL,
    record_id uuid NOT NULL
);
ALTER TABLE ONLY public.custody_hold FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_identifiertoken (
    id uuid NOT NULL,
    "column" character varying(20) NOT NULL,
    token bytea NOT NULL,
    client_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    version smallint DEFAULT 1 NOT NULL,
    CONSTRAINT custody_identifiertoken_version_check CHECK ((version >= 0))
);
ALTER TABLE ONLY public.custody_identifiertoken FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_indexkey (
    id uuid NOT NULL,
    "column" character varying(20) NOT NULL,
    version smallint NOT NULL,
    state character varying(10) NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone,
    client_id uuid NOT NULL,
    CONSTRAINT custody_indexkey_version_check CHECK ((version >= 0))
);
ALTER TABLE ONLY public.custody_indexkey FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_intakebatch (
    id uuid NOT NULL,
    door character varying(10) NOT NULL,
    by character varying(60) NOT NULL,
    total integer NOT NULL,
    read integer NOT NULL,
    refused integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    line_id uuid NOT NULL,
    CONSTRAINT custody_intakebatch_read_check CHECK ((read >= 0)),
    CONSTRAINT custody_intakebatch_refused_check CHECK ((refused >= 0)),
    CONSTRAINT custody_intakebatch_total_check CHECK ((total >= 0))
);
CREATE TABLE public.custody_intakeitem (
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    state character varying(12) NOT NULL,
    door character varying(10) NOT NULL,
    digest bytea NOT NULL,
    shown character varying(255) NOT NULL,
    name_blob bytea NOT NULL,
    inline bytea NOT NULL,
    needs smallint NOT NULL,
    problems jsonb NOT NULL,
    sealed_key bytea NOT NULL,
    size bigint NOT NULL,
    arrived_at timestamp with time zone NOT NULL,
    delete_at timestamp with time zone NOT NULL,
    reason character varying(60) NOT NULL,
    batch_id uuid,
    call_id uuid,
    key_id uuid NOT NULL,
    line_id uuid NOT NULL,
    CONSTRAINT custody_intakeitem_needs_check CHECK ((needs >= 0))
);
CREATE TABLE public.custody_intakekey (
    id uuid NOT NULL,
    day date NOT NULL,
    public bytea NOT NULL,
    signature bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone
);
CREATE TABLE public.custody_intakematch (
    id bigint NOT NULL,
    token bytea NOT NULL,
    item_id uuid NOT NULL
);
ALTER TABLE public.custody_intakematch ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.custody_intakematch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.custody_keyrun (
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    state character varying(10) NOT NULL,
    from_epoch uuid,
    to_epoch uuid,
    version integer NOT NULL,
    "column" character varying(20) NOT NULL,
    step character varying(20) NOT NULL,
    "position" bigint NOT NULL,
    total bigint NOT NULL,
    done bigint NOT NULL,
    rate integer NOT NULL,
    wal_bytes bigint NOT NULL,
    actor character varying(60) NOT NULL,
    entry uuid NOT NULL,
    reason character varying(60) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    moved_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    client_id uuid NOT NULL,
    after uuid,
    byte_rate bigint DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    bytes_total bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    items bigint DEFAULT 0 NOT NULL,
    items_total bigint DEFAULT 0 NOT NULL,
    CONSTRAINT custody_keyrun_rate_check CHECK ((rate >= 0)),
    CONSTRAINT custody_keyrun_version_check CHECK ((version >= 0))
);
CREATE TABLE public.custody_keyversion (
    id uuid NOT NULL,
    number integer NOT NULL,
    state character varying(10) NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    retired_at timestamp with time zone,
    client_id uuid NOT NULL,
    CONSTRAINT custody_keyversion_number_check CHECK ((number >= 0))
);
ALTER TABLE ONLY public.custody_keyversion FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_ledgerdetail (
    entry uuid NOT NULL,
    client uuid,
    commitment_key bytea NOT NULL,
    blob bytea NOT NULL
);
CREATE TABLE public.custody_ledgerentry (
    index bigint NOT NULL,
    entry uuid NOT NULL,
    body bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    event character varying(60) NOT NULL,
    actor character varying(60) NOT NULL,
    client uuid,
    call uuid,
    subject uuid,
    decision character varying(10) NOT NULL,
    purpose character varying(50) NOT NULL
);
CREATE TABLE public.custody_ledgerpending (
    id bigint NOT NULL,
    entry uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    body bytea NOT NULL
);
ALTER TABLE public.custody_ledgerpending ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.custody_ledgerpending_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.custody_ledgeryear (
    year smallint NOT NULL,
    origin character varying(200) NOT NULL,
    key character varying(400) NOT NULL,
    first bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    erasure_approved_at timestamp with time zone,
    erased_at timestamp with time zone,
    CONSTRAINT custody_ledgeryear_year_check CHECK ((year >= 0))
);
CREATE TABLE public.custody_leg (
    id uuid NOT NULL,
    party character varying(10) NOT NULL,
    channel smallint NOT NULL,
    call_id uuid NOT NULL,
    client_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    CONSTRAINT custody_leg_channel_check CHECK ((channel >= 0))
);
ALTER TABLE ONLY public.custody_leg FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_line (
    id uuid NOT NULL,
    slug character varying(50) NOT NULL,
    name character varying(200) NOT NULL,
    name_zh character varying(200) NOT NULL,
    direction character varying(10) NOT NULL,
    languages character varying(10)[] NOT NULL,
    suite smallint NOT NULL,
    takes_cards boolean NOT NULL,
    cdr_mapping text NOT NULL,
    client_id uuid NOT NULL,
    jurisdiction character varying(10) NOT NULL,
    time_zone character varying(60) NOT NULL,
    CONSTRAINT custody_line_suite_check CHECK ((suite >= 0))
);
CREATE TABLE public.custody_lookupcount (
    id bigint NOT NULL,
    principal character varying(60) NOT NULL,
    minute timestamp with time zone NOT NULL,
    count integer NOT NULL,
    CONSTRAINT custody_lookupcount_count_check CHECK ((count >= 0))
);
ALTER TABLE public.custody_lookupcount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.custody_lookupcount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.custody_mention (
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    record_id uuid NOT NULL,
    subject_id uuid NOT NULL
);
ALTER TABLE ONLY public.custody_mention FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_objectmove (
    id uuid NOT NULL,
    record uuid NOT NULL,
    object_key character varying(100) NOT NULL,
    state character varying(10) NOT NULL,
    at timestamp with time zone NOT NULL,
    client_id uuid NOT NULL,
    run_id uuid NOT NULL
);
ALTER TABLE ONLY public.custody_objectmove FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_permit (
    id uuid NOT NULL,
    principal character varying(60) NOT NULL,
    session uuid,
    action character varying(50) NOT NULL,
    purpose character varying(50) NOT NULL,
    records_digest bytea NOT NULL,
    policy character varying(80) NOT NULL,
    entry uuid NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT permit_of_a_session_job_or_service CHECK (((session IS NOT NULL) OR ((principal)::text ~~ 'job:%'::text) OR ((principal)::text ~~ 'service:%'::text)))
);
CREATE TABLE public.custody_permitrecord (
    id bigint NOT NULL,
    fields character varying(40)[] NOT NULL,
    max_uses integer NOT NULL,
    uses integer NOT NULL,
    item_id uuid,
    permit_id uuid NOT NULL,
    record_id uuid,
    CONSTRAINT custody_permitrecord_max_uses_check CHECK ((max_uses >= 0)),
    CONSTRAINT custody_permitrecord_uses_check CHECK ((uses >= 0)),
    CONSTRAINT permit_covers_record_or_item CHECK ((((record_id IS NOT NULL) OR (item_id IS NOT NULL)) AND (1 = (
CASE
    WHEN (record_id IS NOT NULL) THEN 1
    ELSE 0
END +
CASE
    WHEN (item_id IS NOT NULL) THEN 1
    ELSE 0
END))))
);
ALTER TABLE public.custody_permitrecord ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.custody_permitrecord_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.custody_person (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    client_id uuid NOT NULL
);
ALTER TABLE ONLY public.custody_person FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_personlink (
    id uuid NOT NULL,
    linked_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    client_id uuid NOT NULL,
    person_id uuid NOT NULL,
    subject_id uuid NOT NULL
);
ALTER TABLE ONLY public.custody_personlink FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_record (
    id uuid NOT NULL,
    category character varying(30) NOT NULL,
    purposes character varying(50)[] NOT NULL,
    basis uuid NOT NULL,
    state character varying(12) NOT NULL,
    suite smallint NOT NULL,
    object_key character varying(100) NOT NULL,
    sealed_size bigint NOT NULL,
    plain_size bigint NOT NULL,
    sealed_digest bytea NOT NULL,
    media jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone,
    bucket_id uuid NOT NULL,
    call_id uuid,
    client_id uuid NOT NULL,
    customer_id uuid,
    leg_id uuid,
    line_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    erase_at timestamp with time zone,
    erase_reason character varying(60) DEFAULT ''::character varying NOT NULL,
    resealed_at timestamp with time zone,
    CONSTRAINT custody_record_suite_check CHECK ((suite >= 0))
);
ALTER TABLE ONLY public.custody_record FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_redactioncorrection (
    id uuid NOT NULL,
    version uuid NOT NULL,
    kind character varying(10) NOT NULL,
    state character varying(10) NOT NULL,
    why_not character varying(40) NOT NULL,
    turn integer NOT NULL,
    start integer NOT NULL,
    "end" integer NOT NULL,
    length integer NOT NULL,
    type character varying(20) NOT NULL,
    rule character varying(40) NOT NULL,
    evidence character varying(20) NOT NULL,
    confidence double precision NOT NULL,
    language character varying(10) NOT NULL,
    shape jsonb NOT NULL,
    actor character varying(60) NOT NULL,
    approval uuid,
    made_at timestamp with time zone NOT NULL,
    call_id uuid,
    client_id uuid NOT NULL,
    CONSTRAINT custody_redactioncorrection_end_check CHECK (("end" >= 0)),
    CONSTRAINT custody_redactioncorrection_length_check CHECK ((length >= 0)),
    CONSTRAINT custody_redactioncorrection_start_check CHECK ((start >= 0)),
    CONSTRAINT custody_redactioncorrection_turn_check CHECK ((turn >= 0))
);
ALTER TABLE ONLY public.custody_redactioncorrection FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_residuecontrol (
    id uuid NOT NULL,
    told character varying(100) NOT NULL,
    planted_at timestamp with time zone NOT NULL
);
CREATE TABLE public.custody_residuescan (
    id uuid NOT NULL,
    client uuid NOT NULL,
    subjects uuid[] NOT NULL,
    outcome character varying(12) NOT NULL,
    values_known boolean NOT NULL,
    actor character varying(60) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    ends_on date NOT NULL,
    report jsonb NOT NULL,
    digest character varying(64) NOT NULL,
    entry uuid NOT NULL
);
CREATE TABLE public.custody_sealedfield (
    id uuid NOT NULL,
    name character varying(40) NOT NULL,
    "position" smallint NOT NULL,
    blob bytea NOT NULL,
    client_id uuid NOT NULL,
    record_id uuid NOT NULL,
    CONSTRAINT custody_sealedfield_position_check CHECK (("position" >= 0))
);
ALTER TABLE ONLY public.custody_sealedfield FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_searchtoken (
    id uuid NOT NULL,
    token bytea NOT NULL,
    client_id uuid NOT NULL,
    record_id uuid NOT NULL
);
ALTER TABLE ONLY public.custody_searchtoken FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_sequencerstate (
    id smallint NOT NULL,
    started_at timestamp with time zone,
    beat_at timestamp with time zone,
    fault character varying(60) NOT NULL,
    fault_at timestamp with time zone,
    CONSTRAINT custody_sequencerstate_id_check CHECK ((id >= 0)),
    CONSTRAINT one_sequencer_state CHECK ((id = 1))
);
CREATE TABLE public.custody_subject (
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    generation integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone,
    client_id uuid NOT NULL,
    user_id uuid,
    erasure_due boolean DEFAULT false NOT NULL,
    turn_due boolean DEFAULT false NOT NULL,
    CONSTRAINT custody_subject_generation_check CHECK ((generation >= 0))
);
ALTER TABLE ONLY public.custody_subject FORCE ROW LEVEL SECURITY;
CREATE TABLE public.custody_subjectkey (
    id uuid NOT NULL,
    generation integer NOT NULL,
    suite smallint NOT NULL,
    wrapped bytea NOT NULL,
    epoch_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    CONSTRAINT custody_subjectkey_generation_check CHECK ((generation >= 0)),
    CONSTRAINT custody_subjectkey_suite_check CHECK ((suite >= 0))
)
WITH (fillfactor='45');
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);
ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);
CREATE TABLE public.kernel_approval (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    kind character varying(60) NOT NULL,
    parameters jsonb NOT NULL,
    digest character varying(64) NOT NULL,
    client uuid,
    requested_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    quorum smallint NOT NULL,
    roles character varying(40)[] NOT NULL,
    entry uuid NOT NULL,
    decided_at timestamp with time zone,
    executed_at timestamp with time zone,
    executed_by_id uuid,
    requester_id uuid NOT NULL,
    distinct_roles smallint NOT NULL,
    policy character varying(80) NOT NULL,
    CONSTRAINT approval_executed_by_somebody CHECK ((((executed_at IS NOT NULL) AND (executed_by_id IS NOT NULL) AND ((state)::text = 'executed'::text)) OR ((NOT ((state)::text = 'executed'::text)) AND (executed_at IS NULL) AND (executed_by_id IS NULL)))),
    CONSTRAINT approval_expires_later CHECK ((expires_at > requested_at)),
    CONSTRAINT approval_needs_somebody_else CHECK ((quorum >= 1)),
    CONSTRAINT approval_roles_can_be_had CHECK (((distinct_roles >= 1) AND (distinct_roles <= quorum))),
    CONSTRAINT kernel_approval_distinct_roles_check CHECK ((distinct_roles >= 0)),
    CONSTRAINT kernel_approval_quorum_check CHECK ((quorum >= 0))
);
CREATE TABLE public.kernel_approvalterms (
    kind character varying(60) NOT NULL,
    quorum smallint NOT NULL,
    distinct_roles smallint NOT NULL,
    set_at timestamp with time zone NOT NULL,
    entry uuid NOT NULL,
    CONSTRAINT approval_terms_can_be_had CHECK (((distinct_roles >= 1) AND (distinct_roles <= quorum))),
    CONSTRAINT kernel_approvalterms_distinct_roles_check CHECK ((distinct_roles >= 0)),
    CONSTRAINT kernel_approvalterms_quorum_check CHECK ((quorum >= 0))
);
CREATE TABLE public.kernel_bulkact (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    kind character varying(60) NOT NULL,
    parameters jsonb NOT NULL,
    client uuid,
    digest character varying(64) NOT NULL,
    total integer NOT NULL,
    left_out integer NOT NULL,
    drawn_at timestamp with time zone NOT NULL,
    entry uuid,
    approval uuid,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    done integer NOT NULL,
    skipped integer NOT NULL,
    troubles smallint NOT NULL,
    why_stopped character varying(40) NOT NULL,
    carried_by_id uuid,
    drawn_by_id uuid NOT NULL,
    CONSTRAINT bulk_acts_on_something CHECK ((total >= 1)),
    CONSTRAINT bulk_carried_by_somebody CHECK (((NOT ((state)::text = ANY (ARRAY[('running'::character varying)::text, ('stopped'::character varying)::text, ('done'::character varying)::text, ('ended'::character varying)::text]))) OR (carried_by_id IS NOT NULL))),
    CONSTRAINT bulk_counts_add_up CHECK ((total >= (done + skipped))),
    CONSTRAINT kernel_bulkact_done_check CHECK ((done >= 0)),
    CONSTRAINT kernel_bulkact_left_out_check CHECK ((left_out >= 0)),
    CONSTRAINT kernel_bulkact_skipped_check CHECK ((skipped >= 0)),
    CONSTRAINT kernel_bulkact_total_check CHECK ((total >= 0)),
    CONSTRAINT kernel_bulkact_troubles_check CHECK ((troubles >= 0))
);
CREATE TABLE public.kernel_bulkrow (
    id uuid NOT NULL,
    place integer NOT NULL,
    target uuid NOT NULL,
    sort character varying(40) NOT NULL,
    mark character varying(32) NOT NULL,
    outcome character varying(10) NOT NULL,
    reason character varying(60) NOT NULL,
    at timestamp with time zone,
    act_id uuid NOT NULL,
    CONSTRAINT bulk_row_skipped_for_a_reason CHECK (((NOT ((outcome)::text = ANY (ARRAY[('skipped'::character varying)::text, ('left_out'::character varying)::text]))) OR (NOT ((reason)::text = ''::text)))),
    CONSTRAINT kernel_bulkrow_place_check CHECK ((place >= 0))
);
CREATE TABLE public.kernel_check (
    id uuid NOT NULL,
    outcome character varying(16) NOT NULL,
    by character varying(60) NOT NULL,
    at timestamp with time zone NOT NULL,
    evidence character varying(200) NOT NULL,
    entry uuid NOT NULL,
    finding_id uuid NOT NULL,
    CONSTRAINT check_passes_only_with_evidence CHECK (((NOT ((outcome)::text = 'pass'::text)) OR (NOT ((evidence)::text = ''::text))))
);
CREATE TABLE public.kernel_deadline (
    id uuid NOT NULL,
    state character varying(16) NOT NULL,
    rule character varying(60) NOT NULL,
    client uuid,
    about_kind character varying(40) NOT NULL,
    about_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    warned smallint NOT NULL,
    roles character varying(40)[] NOT NULL,
    ended_at timestamp with time zone,
    filed_late boolean NOT NULL,
    evidence character varying(200) NOT NULL,
    waived_by_id uuid,
    CONSTRAINT deadline_due_after_start CHECK ((due_at > started_at)),
    CONSTRAINT deadline_filed_with_evidence CHECK (((NOT ((state)::text = 'filed'::text)) OR (NOT ((evidence)::text = ''::text)))),
    CONSTRAINT deadline_waived_by_approval CHECK (((NOT ((state)::text = 'not_applicable'::text)) OR (waived_by_id IS NOT NULL))),
    CONSTRAINT kernel_deadline_warned_check CHECK ((warned >= 0))
);
CREATE TABLE public.kernel_delegation (
    id uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    entry uuid NOT NULL,
    deputy_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    CONSTRAINT delegation_ends_later CHECK ((ends_at > starts_at)),
    CONSTRAINT delegation_to_somebody_else CHECK ((NOT (principal_id = deputy_id)))
);
CREATE TABLE public.kernel_finding (
    id uuid NOT NULL,
    state character varying(12) NOT NULL,
    kind character varying(60) NOT NULL,
    fingerprint character varying(64) NOT NULL,
    severity character varying(10) NOT NULL,
    client uuid,
    "where" character varying(100) NOT NULL,
    data jsonb NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    times_seen integer NOT NULL,
    due_at timestamp with time zone NOT NULL,
    remediated_at timestamp with time zone,
    remediated_by character varying(60) NOT NULL,
    closed_at timestamp with time zone,
    accepted_until timestamp with time zone,
    accepted_by_id uuid,
    closed_by_check_id uuid,
    owner_id uuid,
    recurs_id uuid,
    CONSTRAINT finding_accepted_for_a_time CHECK (((NOT ((state)::text = 'accepted'::text)) OR ((accepted_by_id IS NOT NULL) AND (accepted_until IS NOT NULL)))),
    CONSTRAINT finding_closed_by_a_check CHECK (((NOT ((state)::text = 'closed'::text)) OR ((closed_at IS NOT NULL) AND (closed_by_check_id IS NOT NULL)))),
    CONSTRAINT kernel_finding_times_seen_check CHECK ((times_seen >= 0))
);
CREATE TABLE public.kernel_incident (
    id uuid NOT NULL,
    state character varying(12) NOT NULL,
    kind character varying(40) NOT NULL,
    severity character varying(10) NOT NULL,
    client uuid,
    discovered_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    opened_by character varying(60) NOT NULL,
    entry uuid NOT NULL,
    closed_at timestamp with time zone,
    no_notice_id uuid
);
CREATE TABLE public.kernel_note (
    id uuid NOT NULL,
    by character varying(60) NOT NULL,
    at timestamp with time zone NOT NULL,
    entry uuid NOT NULL,
    finding_id uuid NOT NULL
);
CREATE TABLE public.kernel_outboxmessage (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    template character varying(60) NOT NULL,
    parameters jsonb NOT NULL,
    link character varying(200) NOT NULL,
    channel character varying(10) NOT NULL,
    endpoint character varying(40) NOT NULL,
    language character varying(10) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    attempts smallint NOT NULL,
    next_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    error character varying(60) NOT NULL,
    recipient_id uuid,
    CONSTRAINT kernel_outboxmessage_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT message_to_a_person_or_an_endpoint CHECK (((((channel)::text = 'email'::text) AND ((endpoint)::text = ''::text) AND (recipient_id IS NOT NULL)) OR (((channel)::text = 'webhook'::text) AND (recipient_id IS NULL) AND (NOT ((endpoint)::text = ''::text)))))
);
CREATE TABLE public.kernel_ownrole (
    slug character varying(30) NOT NULL,
    name character varying(60) NOT NULL,
    name_zh character varying(60) NOT NULL,
    based_on character varying(30) NOT NULL,
    CONSTRAINT own_role_based_on_an_ordinary_one CHECK (((based_on)::text = ANY (ARRAY[('agent'::character varying)::text, ('team_leader'::character varying)::text, ('quality_reviewer'::character varying)::text, ('partner_manager'::character varying)::text]))),
    CONSTRAINT own_role_is_not_shipped CHECK ((NOT ((slug)::text = ANY (ARRAY[('agent'::character varying)::text, ('team_leader'::character varying)::text, ('quality_reviewer'::character varying)::text, ('data_protection_officer'::character varying)::text, ('security_administrator'::character varying)::text, ('system_administrator'::character varying)::text, ('auditor'::character varying)::text, ('partner_manager'::character varying)::text]))))
);
CREATE TABLE public.kernel_roleheld (
    id uuid NOT NULL,
    role character varying(30) NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone,
    given_by character varying(60) NOT NULL,
    approval uuid,
    user_id uuid NOT NULL,
    CONSTRAINT role_held_until_later CHECK (((until IS NULL) OR (until >= since)))
);
CREATE TABLE public.kernel_scanverdict (
    id uuid NOT NULL,
    outcome character varying(12) NOT NULL,
    content bytea NOT NULL,
    size bigint NOT NULL,
    scanner character varying(60) NOT NULL,
    signature character varying(100) NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.kernel_session (
    id uuid NOT NULL,
    key bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    mfa_at timestamp with time zone,
    demo boolean NOT NULL,
    user_id uuid NOT NULL,
    place character varying(40) NOT NULL,
    CONSTRAINT session_ends_at_its_limit CHECK ((expires_at <= ends_at))
);
CREATE TABLE public.kernel_standing (
    name character varying(120) NOT NULL,
    since timestamp with time zone NOT NULL
);
CREATE TABLE public.kernel_user (
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    pseudonym uuid NOT NULL,
    display_name character varying(100) NOT NULL,
    roles character varying(30)[] NOT NULL,
    language character varying(10) NOT NULL,
    time_zone character varying(50) NOT NULL,
    lines uuid[],
    frozen_at timestamp with time zone,
    opens_unfrozen boolean NOT NULL,
    external_id character varying(200) NOT NULL,
    CONSTRAINT user_frozen_is_not_active CHECK ((((frozen_at IS NULL) AND (NOT opens_unfrozen)) OR ((frozen_at IS NOT NULL) AND (NOT is_active)))),
    CONSTRAINT user_not_auditor_and_security_administrator CHECK ((NOT (roles @> ARRAY['auditor'::character varying(30), 'security_administrator'::character varying(30)]))),
    CONSTRAINT user_not_auditor_and_system_administrator CHECK ((NOT (roles @> ARRAY['auditor'::character varying(30), 'system_administrator'::character varying(30)]))),
    CONSTRAINT user_not_security_administrator_and_system_administrator CHECK ((NOT (roles @> ARRAY['security_administrator'::character varying(30), 'system_administrator'::character varying(30)])))
);
CREATE TABLE public.kernel_user_groups (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    group_id integer NOT NULL
);
ALTER TABLE public.kernel_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.kernel_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.kernel_user_user_permissions (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.kernel_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.kernel_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.kernel_vote (
    id uuid NOT NULL,
    choice character varying(10) NOT NULL,
    digest character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL,
    entry uuid NOT NULL,
    approval_id uuid NOT NULL,
    requester_id uuid NOT NULL,
    voter_id uuid NOT NULL,
    void_at timestamp with time zone,
    in_name_of_id uuid,
    CONSTRAINT vote_not_in_the_requesters_name CHECK (((in_name_of_id IS NULL) OR ((NOT ((in_name_of_id = requester_id) AND (in_name_of_id IS NOT NULL))) AND (NOT ((in_name_of_id = voter_id) AND (in_name_of_id IS NOT NULL)))))),
    CONSTRAINT vote_not_on_own_request CHECK ((NOT (voter_id = requester_id)))
);
CREATE TABLE public.lawful_assessment (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    number integer NOT NULL,
    jurisdictions character varying(10)[] NOT NULL,
    covers character varying(64) NOT NULL,
    answers jsonb NOT NULL,
    risks jsonb NOT NULL,
    consulted character varying(100) NOT NULL,
    review_months smallint NOT NULL,
    due_on date,
    started_by character varying(60) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    approval uuid,
    approved_by character varying(60)[] NOT NULL,
    approved_at timestamp with time zone,
    valid_until timestamp with time zone,
    keep_until timestamp with time zone,
    purpose_id character varying(50) NOT NULL,
    CONSTRAINT assessment_approved_with_its_dates CHECK ((((state)::text = ANY (ARRAY[('draft'::character varying)::text, ('abandoned'::character varying)::text])) OR ((approved_at IS NOT NULL) AND (keep_until IS NOT NULL) AND (valid_until IS NOT NULL)))),
    CONSTRAINT lawful_assessment_number_check CHECK ((number >= 0)),
    CONSTRAINT lawful_assessment_review_months_check CHECK ((review_months >= 0))
);
CREATE TABLE public.lawful_bucketcounted (
    id uuid NOT NULL,
    against character varying(40)[] NOT NULL,
    people integer NOT NULL,
    at timestamp with time zone NOT NULL,
    bucket_id uuid NOT NULL,
    end_recipe_id uuid NOT NULL,
    release_id uuid,
    CONSTRAINT lawful_bucketcounted_people_check CHECK ((people >= 0))
);
CREATE TABLE public.lawful_callinghours (
    id uuid NOT NULL,
    opens time without time zone NOT NULL,
    closes time without time zone NOT NULL,
    pause_from time without time zone,
    pause_until time without time zone,
    days smallint[] NOT NULL,
    client_id uuid NOT NULL,
    line_id uuid NOT NULL,
    CONSTRAINT calling_opens_before_it_closes CHECK ((opens < closes)),
    CONSTRAINT calling_pause_is_whole CHECK ((((pause_from IS NULL) AND (pause_until IS NULL)) OR ((pause_from IS NOT NULL) AND (pause_until > pause_from))))
);
ALTER TABLE ONLY public.lawful_callinghours FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_categoryrule (
    id uuid NOT NULL,
    category character varying(30) NOT NULL,
    jurisdiction character varying(10) NOT NULL,
    level smallint NOT NULL,
    sensitive boolean NOT NULL,
    never_store boolean NOT NULL,
    provision character varying(100) NOT NULL,
    certainty character varying(12) NOT NULL,
    CONSTRAINT category_level_1_to_4 CHECK (((level >= 1) AND (level <= 4))),
    CONSTRAINT lawful_categoryrule_level_check CHECK ((level >= 0))
);
CREATE TABLE public.lawful_certificate (
    id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    about_kind character varying(30) NOT NULL,
    about_id uuid NOT NULL,
    body bytea NOT NULL,
    digest character varying(64) NOT NULL,
    entry uuid NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    client_id uuid
);
CREATE TABLE public.lawful_certifiedbucket (
    bucket_id uuid NOT NULL,
    certificate_id uuid NOT NULL
);
CREATE TABLE public.lawful_consentevent (
    id uuid NOT NULL,
    reference bytea NOT NULL,
    purpose character varying(50) NOT NULL,
    state character varying(11) NOT NULL,
    method character varying(10) NOT NULL,
    key character varying(4) NOT NULL,
    at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    call_id uuid,
    client_id uuid NOT NULL,
    line_id uuid NOT NULL,
    subject_id uuid,
    notice_id uuid,
    apart boolean DEFAULT false NOT NULL,
    by character varying(10) DEFAULT 'subject'::character varying NOT NULL,
    expires_at timestamp with time zone,
    reason character varying(40) DEFAULT ''::character varying NOT NULL,
    recipient character varying(50) DEFAULT ''::character varying NOT NULL,
    scope character varying(6) DEFAULT 'call'::character varying NOT NULL,
    script_version character varying(20) DEFAULT ''::character varying NOT NULL,
    evidence_id uuid
);
ALTER TABLE ONLY public.lawful_consentevent FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_consentevidence (
    id uuid NOT NULL,
    kind character varying(15) NOT NULL,
    source uuid,
    start_ms integer,
    end_ms integer,
    claimed bytea NOT NULL,
    digest bytea NOT NULL,
    mismatch boolean NOT NULL,
    script character varying(20) NOT NULL,
    attested_by character varying(60) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    client_id uuid NOT NULL,
    record_id uuid,
    CONSTRAINT consent_audio_has_interval CHECK (((NOT ((kind)::text = 'audio_interval'::text)) OR ((end_ms > start_ms) AND (start_ms IS NOT NULL)))),
    CONSTRAINT lawful_consentevidence_end_ms_check CHECK ((end_ms >= 0)),
    CONSTRAINT lawful_consentevidence_start_ms_check CHECK ((start_ms >= 0))
);
ALTER TABLE ONLY public.lawful_consentevidence FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_consentproposal (
    id uuid NOT NULL,
    purpose character varying(50) NOT NULL,
    answer character varying(11) NOT NULL,
    state character varying(10) NOT NULL,
    turn integer NOT NULL,
    start_ms integer,
    end_ms integer,
    rule character varying(40) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    decided_by character varying(60) NOT NULL,
    decided_at timestamp with time zone,
    call_id uuid NOT NULL,
    client_id uuid NOT NULL,
    CONSTRAINT lawful_consentproposal_end_ms_check CHECK ((end_ms >= 0)),
    CONSTRAINT lawful_consentproposal_start_ms_check CHECK ((start_ms >= 0)),
    CONSTRAINT lawful_consentproposal_turn_check CHECK ((turn >= 0))
);
ALTER TABLE ONLY public.lawful_consentproposal FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_consentstate (
    id uuid NOT NULL,
    purpose character varying(50) NOT NULL,
    recipient character varying(50) NOT NULL,
    state character varying(11) NOT NULL,
    scope character varying(6) NOT NULL,
    said_at timestamp with time zone NOT NULL,
    rank smallint NOT NULL,
    expires_at timestamp with time zone,
    asked_at timestamp with time zone,
    refused_at timestamp with time zone,
    client_id uuid NOT NULL,
    event_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    CONSTRAINT lawful_consentstate_rank_check CHECK ((rank >= 0))
);
ALTER TABLE ONLY public.lawful_consentstate FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_donotcall (
    id uuid NOT NULL,
    token bytea NOT NULL,
    source character varying(10) NOT NULL,
    added_by character varying(60) NOT NULL,
    added_at timestamp with time zone NOT NULL,
    removed_by character varying(60) NOT NULL,
    removed_at timestamp with time zone,
    client_id uuid NOT NULL
);
ALTER TABLE ONLY public.lawful_donotcall FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_endrecipe (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    label character varying(40) NOT NULL,
    recipe jsonb NOT NULL,
    recipe_digest character varying(64) NOT NULL,
    asked_by character varying(60) NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    approval uuid,
    ended_at timestamp with time zone,
    client_id uuid NOT NULL,
    rule_id uuid NOT NULL
);
CREATE TABLE public.lawful_linepurpose (
    id uuid NOT NULL,
    ground character varying(20) NOT NULL,
    core boolean NOT NULL,
    line_id uuid NOT NULL,
    purpose_id character varying(50) NOT NULL
);
CREATE TABLE public.lawful_matter (
    id uuid NOT NULL,
    state character varying(12) NOT NULL,
    label character varying(40) NOT NULL,
    ground character varying(20) NOT NULL,
    scope character varying(10) NOT NULL,
    target uuid,
    query jsonb NOT NULL,
    review_on date NOT NULL,
    opened_by character varying(60) NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    entry uuid NOT NULL,
    approval uuid,
    ended_at timestamp with time zone,
    client_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    CONSTRAINT matter_has_a_target_or_a_query CHECK (((((scope)::text = 'query'::text) AND (target IS NULL)) OR ((NOT ((scope)::text = 'query'::text)) AND (target IS NOT NULL))))
);
CREATE TABLE public.lawful_minor (
    id uuid NOT NULL,
    until date NOT NULL,
    client_id uuid NOT NULL,
    subject_id uuid NOT NULL
);
ALTER TABLE ONLY public.lawful_minor FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_notice (
    id uuid NOT NULL,
    version character varying(20) NOT NULL,
    state character varying(12) NOT NULL,
    text_en text NOT NULL,
    text_zh text NOT NULL,
    script_en text NOT NULL,
    script_zh text NOT NULL,
    digest bytea NOT NULL,
    published_at timestamp with time zone,
    superseded_at timestamp with time zone,
    line_id uuid NOT NULL,
    covers jsonb NOT NULL,
    renewing character varying(50)[] NOT NULL,
    told_since timestamp with time zone,
    CONSTRAINT notice_told_since_the_past CHECK (((told_since IS NULL) OR (published_at IS NULL) OR (told_since <= published_at)))
);
CREATE TABLE public.lawful_purpose (
    slug character varying(50) NOT NULL,
    name character varying(100) NOT NULL,
    name_zh character varying(100) NOT NULL,
    dpv character varying(100) NOT NULL,
    separate_consent boolean NOT NULL,
    retired_at timestamp with time zone,
    abroad boolean NOT NULL,
    concerns character varying(20)[] NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL,
    method character varying(20)[] NOT NULL,
    sensitive boolean NOT NULL,
    state character varying(10) NOT NULL,
    use character varying(20) NOT NULL,
    assessment_id uuid,
    CONSTRAINT purpose_assessed_before_active CHECK (((NOT ((state)::text = 'active'::text)) OR (assessment_id IS NOT NULL) OR ((NOT abroad) AND (NOT sensitive) AND (NOT ((use)::text = ANY (ARRAY[('ai_processing'::character varying)::text, ('sharing'::character varying)::text])))))),
    CONSTRAINT purpose_retired_at_some_time CHECK ((((retired_at IS NOT NULL) AND ((state)::text = 'retired'::text)) OR ((NOT ((state)::text = 'retired'::text)) AND (retired_at IS NULL))))
);
CREATE TABLE public.lawful_purposecategory (
    id uuid NOT NULL,
    category character varying(30) NOT NULL,
    purpose_id character varying(50) NOT NULL
);
CREATE TABLE public.lawful_purposeground (
    id uuid NOT NULL,
    jurisdiction character varying(10) NOT NULL,
    ground character varying(20) NOT NULL,
    provision character varying(100) NOT NULL,
    condition character varying(20) NOT NULL,
    ends_with character varying(20) NOT NULL,
    certainty character varying(12) NOT NULL,
    purpose_id character varying(50) NOT NULL,
    recorded_on date,
    reference character varying(100) NOT NULL,
    valid_until date,
    CONSTRAINT no_legitimate_interest_in_cn CHECK ((NOT (((ground)::text = 'legitimate_interest'::text) AND ((jurisdiction)::text = 'cn'::text)))),
    CONSTRAINT only_a_legal_duty_has_a_last_day CHECK (((valid_until IS NULL) OR ((ground)::text = 'legal_obligation'::text)))
);
CREATE TABLE public.lawful_purposerevision (
    id uuid NOT NULL,
    number integer NOT NULL,
    content jsonb NOT NULL,
    digest character varying(64) NOT NULL,
    by character varying(60) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    applied_at timestamp with time zone,
    purpose_id character varying(50) NOT NULL,
    CONSTRAINT lawful_purposerevision_number_check CHECK ((number >= 0))
);
CREATE TABLE public.lawful_recipient (
    id uuid NOT NULL,
    slug character varying(50) NOT NULL,
    name character varying(200) NOT NULL,
    name_zh character varying(200) NOT NULL,
    role character varying(12) NOT NULL,
    country character varying(2) NOT NULL,
    contact character varying(200) NOT NULL,
    ended_at timestamp with time zone,
    client_id uuid NOT NULL
);
CREATE TABLE public.lawful_recipient_purposes (
    id bigint NOT NULL,
    recipient_id uuid NOT NULL,
    purpose_id character varying(50) NOT NULL
);
ALTER TABLE public.lawful_recipient_purposes ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.lawful_recipient_purposes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.lawful_release (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    label character varying(40) NOT NULL,
    recipe jsonb NOT NULL,
    recipe_digest character varying(64) NOT NULL,
    scope jsonb NOT NULL,
    figures jsonb NOT NULL,
    rows jsonb NOT NULL,
    digest character varying(64) NOT NULL,
    rules smallint NOT NULL,
    left_out jsonb NOT NULL,
    compared uuid[] NOT NULL,
    proposed_by character varying(60) NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    entry uuid NOT NULL,
    approval uuid,
    ended_at timestamp with time zone,
    at_end_id uuid,
    client_id uuid NOT NULL,
    CONSTRAINT lawful_release_rules_check CHECK ((rules >= 0))
);
CREATE TABLE public.lawful_requestproof (
    id uuid NOT NULL,
    code bytea NOT NULL,
    attempts smallint NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    client_id uuid NOT NULL,
    customer_id uuid,
    request_id uuid NOT NULL,
    way character varying(10) NOT NULL,
    CONSTRAINT lawful_requestproof_attempts_check CHECK ((attempts >= 0))
);
ALTER TABLE ONLY public.lawful_requestproof FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_requesttask (
    id uuid NOT NULL,
    replica character varying(20) NOT NULL,
    state character varying(10) NOT NULL,
    before integer NOT NULL,
    after integer,
    method character varying(40) NOT NULL,
    exception character varying(100) NOT NULL,
    not_before timestamp with time zone,
    attempts smallint NOT NULL,
    moved_at timestamp with time zone NOT NULL,
    client_id uuid NOT NULL,
    request_id uuid NOT NULL,
    CONSTRAINT lawful_requesttask_after_check CHECK ((after >= 0)),
    CONSTRAINT lawful_requesttask_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT lawful_requesttask_before_check CHECK ((before >= 0))
);
ALTER TABLE ONLY public.lawful_requesttask FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_retentionevent (
    id uuid NOT NULL,
    trigger character varying(20) NOT NULL,
    at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    actor character varying(60) NOT NULL,
    client_id uuid NOT NULL,
    customer_id uuid NOT NULL
);
ALTER TABLE ONLY public.lawful_retentionevent FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_retentionrule (
    id uuid NOT NULL,
    category character varying(30) NOT NULL,
    floor_days integer NOT NULL,
    ceiling_days integer NOT NULL,
    line_id uuid,
    purpose_id character varying(50) NOT NULL,
    ceiling_provision character varying(60) NOT NULL,
    floor_provision character varying(60) NOT NULL,
    jurisdiction character varying(10) NOT NULL,
    trigger character varying(20) NOT NULL,
    CONSTRAINT floor_a_bucket_below_ceiling CHECK (((floor_days = 0) OR (floor_days <= (ceiling_days - 7)))),
    CONSTRAINT lawful_retentionrule_ceiling_days_check CHECK ((ceiling_days >= 0)),
    CONSTRAINT lawful_retentionrule_floor_days_check CHECK ((floor_days >= 0)),
    CONSTRAINT retention_rule_of_a_line_or_jurisdiction CHECK (((((jurisdiction)::text = ''::text) AND (line_id IS NOT NULL)) OR ((line_id IS NULL) AND (NOT ((jurisdiction)::text = ''::text)))))
);
CREATE TABLE public.lawful_retentionrun (
    id uuid NOT NULL,
    cause character varying(20) NOT NULL,
    actor character varying(60) NOT NULL,
    step character varying(10) NOT NULL,
    page bigint NOT NULL,
    after uuid NOT NULL,
    total bigint NOT NULL,
    looked_at bigint NOT NULL,
    changed bigint NOT NULL,
    dates_changed bigint NOT NULL,
    moved bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    client_id uuid NOT NULL
);
CREATE TABLE public.lawful_staffnotice (
    id uuid NOT NULL,
    version character varying(20) NOT NULL,
    state character varying(12) NOT NULL,
    text_en text NOT NULL,
    text_zh text NOT NULL,
    digest character varying(64) NOT NULL,
    published_at timestamp with time zone,
    superseded_at timestamp with time zone
);
CREATE TABLE public.lawful_staffreading (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    notice_id uuid NOT NULL,
    user_id uuid NOT NULL
);
CREATE TABLE public.lawful_subjectrequest (
    id uuid NOT NULL,
    code character varying(12) NOT NULL,
    kind character varying(20) NOT NULL,
    channel character varying(10) NOT NULL,
    state character varying(12) NOT NULL,
    jurisdiction character varying(10) NOT NULL,
    language character varying(10) NOT NULL,
    purposes character varying(50)[] NOT NULL,
    received_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    provisional boolean NOT NULL,
    provision character varying(100) NOT NULL,
    extended_at timestamp with time zone,
    asked_proof_at timestamp with time zone,
    paused_s integer NOT NULL,
    verified_at timestamp with time zone,
    verified_how character varying(20) NOT NULL,
    waits_until timestamp with time zone,
    rejected_for character varying(30) NOT NULL,
    certificate uuid,
    approval uuid,
    actor character varying(60) NOT NULL,
    answered_at timestamp with time zone,
    closed_at timestamp with time zone,
    call_id uuid,
    claimed_id uuid,
    client_id uuid NOT NULL,
    customer_id uuid,
    line_id uuid NOT NULL,
    owner_id uuid,
    person_id uuid,
    statement_id uuid,
    follow_up bytea,
    reference uuid,
    told character varying(50)[] NOT NULL,
    lifted_at timestamp with time zone,
    corrected character varying(50)[] DEFAULT '{}'::character varying(50)[] NOT NULL,
    corrections uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    CONSTRAINT lawful_subjectrequest_paused_s_check CHECK ((paused_s >= 0)),
    CONSTRAINT request_due_after_arrival CHECK ((due_at > received_at)),
    CONSTRAINT request_erasure_answered_with_certificate CHECK (((NOT (((kind)::text = ANY (ARRAY[('erasure'::character varying)::text, ('account_closing'::character varying)::text])) AND ((state)::text = 'answered'::text))) OR (certificate IS NOT NULL))),
    CONSTRAINT request_goes_on_only_when_verified CHECK (((NOT ((state)::text = ANY (ARRAY[('accepted'::character varying)::text, ('planned'::character varying)::text, ('executing'::character varying)::text, ('restricted'::character varying)::text, ('answered'::character varying)::text]))) OR ((person_id IS NOT NULL) AND (verified_at IS NOT NULL)))),
    CONSTRAINT request_rejected_for_a_reason CHECK (((NOT ((state)::text = 'rejected'::text)) OR (NOT ((rejected_for)::text = ''::text))))
);
ALTER TABLE ONLY public.lawful_subjectrequest FORCE ROW LEVEL SECURITY;
CREATE TABLE public.lawful_transfer (
    id uuid NOT NULL,
    jurisdiction character varying(10) NOT NULL,
    mechanism character varying(20) NOT NULL,
    provision character varying(100) NOT NULL,
    certainty character varying(12) NOT NULL,
    reference character varying(100) NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    registered_at timestamp with time zone,
    ended_at timestamp with time zone,
    recipient_id uuid NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    CONSTRAINT transfer_valid_forwards CHECK (((valid_until IS NULL) OR (valid_until >= valid_from)))
);
CREATE TABLE public.mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);
ALTER TABLE public.mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mfa_authenticator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.partners_partner (
    id uuid NOT NULL,
    state character varying(10) NOT NULL,
    name character varying(200) NOT NULL,
    name_zh character varying(200) NOT NULL,
    country character varying(2) NOT NULL,
    registration character varying(40) NOT NULL,
    role character varying(10) NOT NULL,
    locations character varying(70)[] NOT NULL,
    holds_data boolean NOT NULL,
    vetted_until date,
    agreement uuid,
    suspended_from character varying(10) NOT NULL,
    suspended_at timestamp with time zone,
    attestation character varying(40) NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    client_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    CONSTRAINT partner_active_with_an_agreement CHECK (((NOT ((state)::text = 'active'::text)) OR (agreement IS NOT NULL))),
    CONSTRAINT partner_left_without_data CHECK (((NOT ((state)::text = 'exited'::text)) OR (NOT holds_data))),
    CONSTRAINT partner_suspended_at_some_time CHECK (((((state)::text = 'suspended'::text) AND (suspended_at IS NOT NULL) AND ((suspended_from)::text > ''::text)) OR ((NOT ((state)::text = 'suspended'::text)) AND (suspended_at IS NULL) AND ((suspended_from)::text = ''::text)))),
    CONSTRAINT partner_vetted_before_approved CHECK (((NOT ((state)::text = ANY (ARRAY[('approved'::character varying)::text, ('active'::character varying)::text]))) OR (vetted_until IS NOT NULL)))
);
ALTER TABLE ONLY public.partners_partner FORCE ROW LEVEL SECURITY;
CREATE TABLE public.partners_partnercontact (
    id uuid NOT NULL,
    duty character varying(12) NOT NULL,
    entry uuid NOT NULL,
    named_at timestamp with time zone NOT NULL,
    client_id uuid NOT NULL,
    partner_id uuid NOT NULL
);
ALTER TABLE ONLY public.partners_partnercontact FORCE ROW LEVEL SECURITY;
CREATE TABLE public.partners_partnerservice (
    id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    lines uuid[] NOT NULL,
    categories character varying(30)[] NOT NULL,
    volume smallint NOT NULL,
    client_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    CONSTRAINT partner_service_with_data CHECK ((NOT (categories = '{}'::character varying(30)[]))),
    CONSTRAINT partners_partnerservice_volume_check CHECK ((volume >= 0))
);
ALTER TABLE ONLY public.partners_partnerservice FORCE ROW LEVEL SECURITY;
CREATE TABLE public.partners_subprocessor (
    id uuid NOT NULL,
    name character varying(200) NOT NULL,
    country character varying(2) NOT NULL,
    kind character varying(20) NOT NULL,
    client_id uuid NOT NULL,
    other_id uuid,
    partner_id uuid NOT NULL,
    CONSTRAINT sub_processor_is_another CHECK ((NOT ((other_id = partner_id) AND (other_id IS NOT NULL)))),
    CONSTRAINT sub_processor_is_somebody CHECK (((((country)::text = ''::text) AND ((name)::text = ''::text) AND (other_id IS NOT NULL)) OR ((other_id IS NULL) AND ((country)::text > ''::text) AND ((name)::text > ''::text))))
);
ALTER TABLE ONLY public.partners_subprocessor FORCE ROW LEVEL SECURITY;
CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);
CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;
CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;
CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);
CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;
CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.procrastinate_workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.procrastinate_workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.protection_arrival (
    id uuid NOT NULL,
    provider character varying(40) NOT NULL,
    subject bytea NOT NULL,
    index bytea NOT NULL,
    told bytea NOT NULL,
    asked bytea NOT NULL,
    asked_at timestamp with time zone,
    session_id uuid NOT NULL
);
CREATE TABLE public.protection_backup (
    id uuid NOT NULL,
    kind character varying(5) NOT NULL,
    state character varying(8) NOT NULL,
    name character varying(60) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    size bigint NOT NULL,
    ledger_size bigint NOT NULL,
    reason character varying(60) NOT NULL
);
CREATE TABLE public.protection_drill (
    id uuid NOT NULL,
    state character varying(8) NOT NULL,
    by character varying(60) NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    beat_at timestamp with time zone,
    backup character varying(60) NOT NULL,
    rpo_seconds double precision,
    rto_seconds double precision,
    checks jsonb NOT NULL,
    evidence character varying(80) NOT NULL
);
CREATE TABLE public.protection_identity (
    id uuid NOT NULL,
    provider character varying(40) NOT NULL,
    subject bytea NOT NULL,
    how character varying(13) NOT NULL,
    linked_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    user_id uuid NOT NULL
);
CREATE TABLE public.protection_knowndevice (
    id uuid NOT NULL,
    token bytea NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL
);
CREATE TABLE public.protection_passwordchange (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    given boolean NOT NULL,
    former bytea,
    user_id uuid NOT NULL
);
CREATE TABLE public.protection_restore (
    id uuid NOT NULL,
    backup character varying(60) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    restored_at timestamp with time zone NOT NULL,
    ledger_size bigint NOT NULL,
    ledger_root character varying(64) NOT NULL,
    old_origin character varying(200) NOT NULL,
    new_origin character varying(200) NOT NULL,
    replayed integer NOT NULL,
    opened_at timestamp with time zone,
    approval uuid,
    CONSTRAINT protection_restore_replayed_check CHECK ((replayed >= 0))
);
CREATE TABLE public.protection_samlkey (
    id uuid NOT NULL,
    use character varying(10) NOT NULL,
    certificate text NOT NULL,
    private bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    until timestamp with time zone
);
CREATE TABLE public.protection_servicekey (
    id uuid NOT NULL,
    prefix character varying(12) NOT NULL,
    secret bytea NOT NULL,
    purpose character varying(50) NOT NULL,
    scopes character varying(12)[] NOT NULL,
    lines uuid[],
    networks character varying(43)[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    client_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    ended_for character varying(50) NOT NULL,
    CONSTRAINT service_key_ends_within_90_days CHECK (((expires_at > created_at) AND (expires_at <= (created_at + '90 days'::interval)))),
    CONSTRAINT service_key_scopes_known CHECK (((scopes <@ ARRAY['intake'::character varying(12), 'consent'::character varying(12), 'customers'::character varying(12), 'calls'::character varying(12), 'retention'::character varying(12), 'dialler'::character varying(12), 'requests'::character varying(12), 'decide'::character varying(12), 'provision'::character varying(12), 'work'::character varying(12), 'neighbours'::character varying(12), 'gateway'::character varying(12)]) AND (NOT (scopes = '{}'::character varying(12)[]))))
);
CREATE TABLE public.protection_spentanswer (
    id uuid NOT NULL,
    token bytea NOT NULL,
    until timestamp with time zone NOT NULL
);
CREATE TABLE public.socialaccount_socialaccount (
    id integer NOT NULL,
    provider character varying(200) NOT NULL,
    uid character varying(191) NOT NULL,
    last_login timestamp with time zone NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    extra_data jsonb NOT NULL,
    user_id uuid NOT NULL
);
ALTER TABLE public.socialaccount_socialaccount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.socialaccount_socialaccount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.socialaccount_socialapp (
    id integer NOT NULL,
    provider character varying(30) NOT NULL,
    name character varying(40) NOT NULL,
    client_id character varying(191) NOT NULL,
    secret character varying(191) NOT NULL,
    key character varying(191) NOT NULL,
    provider_id character varying(200) NOT NULL,
    settings jsonb NOT NULL
);
ALTER TABLE public.socialaccount_socialapp ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.socialaccount_socialapp_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.socialaccount_socialtoken (
    id integer NOT NULL,
    token text NOT NULL,
    token_secret text NOT NULL,
    expires_at timestamp with time zone,
    account_id integer NOT NULL,
    app_id integer
);
ALTER TABLE public.socialaccount_socialtoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.socialaccount_socialtoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.spool_leftfile (
    id uuid NOT NULL,
    watcher bytea NOT NULL,
    path bytea NOT NULL,
    shown character varying(255) NOT NULL,
    code character varying(60) NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    line_id uuid
);
ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);
ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);
ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);
ALTER TABLE ONLY public.control_accessday
    ADD CONSTRAINT access_day_once UNIQUE (day, actor, peers, action, link, purpose);
ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);
ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);
ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_agentlogin
    ADD CONSTRAINT agent_login_once UNIQUE (client_id, login);
ALTER TABLE ONLY public.api_answeredrequest
    ADD CONSTRAINT api_answeredrequest_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_answeredrequest
    ADD CONSTRAINT api_answeredrequest_token_key UNIQUE (token);
ALTER TABLE ONLY public.kernel_approval
    ADD CONSTRAINT approval_and_requester UNIQUE (id, requester_id);
ALTER TABLE ONLY public.lawful_assessment
    ADD CONSTRAINT assessment_number_once_per_purpose UNIQUE (purpose_id, number);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.axes_accessattempt
    ADD CONSTRAINT axes_accessattempt_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.axes_accessattempt
    ADD CONSTRAINT axes_accessattempt_username_ip_address_user_agent_8ea22282_uniq UNIQUE (username, ip_address, user_agent);
ALTER TABLE ONLY public.axes_accessattemptexpiration
    ADD CONSTRAINT axes_accessattemptexpiration_pkey PRIMARY KEY (access_attempt_id);
ALTER TABLE ONLY public.axes_accessfailurelog
    ADD CONSTRAINT axes_accessfailurelog_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.axes_accesslog
    ADD CONSTRAINT axes_accesslog_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_bucketcounted
    ADD CONSTRAINT bucket_counted_once UNIQUE (bucket_id, end_recipe_id);
ALTER TABLE ONLY public.custody_bucket
    ADD CONSTRAINT bucket_once UNIQUE (line_id, category, expires_on, hold);
ALTER TABLE ONLY public.kernel_bulkrow
    ADD CONSTRAINT bulk_row_place_once UNIQUE (act_id, place);
ALTER TABLE ONLY public.kernel_bulkrow
    ADD CONSTRAINT bulk_row_target_once UNIQUE (act_id, target);
ALTER TABLE ONLY public.custody_call
    ADD CONSTRAINT call_once_per_line UNIQUE (line_id, reference);
ALTER TABLE ONLY public.lawful_categoryrule
    ADD CONSTRAINT category_rule_once_per_jurisdiction UNIQUE (category, jurisdiction);
ALTER TABLE ONLY public.lawful_certificate
    ADD CONSTRAINT certificate_once_for_a_matter UNIQUE (kind, about_kind, about_id);
ALTER TABLE ONLY public.lawful_consentevent
    ADD CONSTRAINT consent_event_once UNIQUE (line_id, reference, purpose, recipient, state, at);
ALTER TABLE ONLY public.lawful_consentproposal
    ADD CONSTRAINT consent_proposal_once UNIQUE (call_id, purpose, answer, turn);
ALTER TABLE ONLY public.control_accessday
    ADD CONSTRAINT control_accessday_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_accessgrant
    ADD CONSTRAINT control_accessgrant_approval_key UNIQUE (approval);
ALTER TABLE ONLY public.control_accessgrant
    ADD CONSTRAINT control_accessgrant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_alert
    ADD CONSTRAINT control_alert_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_campaign
    ADD CONSTRAINT control_campaign_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_campaign
    ADD CONSTRAINT control_campaign_reference_key UNIQUE (reference);
ALTER TABLE ONLY public.control_canary
    ADD CONSTRAINT control_canary_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_emergencyaccess
    ADD CONSTRAINT control_emergencyaccess_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_emergencyuse
    ADD CONSTRAINT control_emergencyuse_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_grantedrecord
    ADD CONSTRAINT control_grantedrecord_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_grantuse
    ADD CONSTRAINT control_grantuse_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_item
    ADD CONSTRAINT control_item_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_neighbour
    ADD CONSTRAINT control_neighbour_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_neighbour
    ADD CONSTRAINT control_neighbour_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.control_neighbourbatch
    ADD CONSTRAINT control_neighbourbatch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_neighbourentry
    ADD CONSTRAINT control_neighbourentry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_policyversion
    ADD CONSTRAINT control_policyversion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_policyversion
    ADD CONSTRAINT control_policyversion_version_key UNIQUE (version);
ALTER TABLE ONLY public.control_shadowcount
    ADD CONSTRAINT control_shadowcount_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_shift
    ADD CONSTRAINT control_shift_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_siemreceiver
    ADD CONSTRAINT control_siemreceiver_name_key UNIQUE (name);
ALTER TABLE ONLY public.control_siemreceiver
    ADD CONSTRAINT control_siemreceiver_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_suppression
    ADD CONSTRAINT control_suppression_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_task
    ADD CONSTRAINT control_task_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_taskagent
    ADD CONSTRAINT control_taskagent_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_tasksubject
    ADD CONSTRAINT control_tasksubject_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_tie
    ADD CONSTRAINT control_tie_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_trainingrecord
    ADD CONSTRAINT control_trainingrecord_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_trainingtakenback
    ADD CONSTRAINT control_trainingtakenback_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_trainingtakenback
    ADD CONSTRAINT control_trainingtakenback_record_id_key UNIQUE (record_id);
ALTER TABLE ONLY public.control_tuning
    ADD CONSTRAINT control_tuning_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_usagereport
    ADD CONSTRAINT control_usagereport_month_key UNIQUE (month);
ALTER TABLE ONLY public.control_usagereport
    ADD CONSTRAINT control_usagereport_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_watchpart
    ADD CONSTRAINT control_watchpart_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.control_watchstate
    ADD CONSTRAINT control_watchstate_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_agentlogin
    ADD CONSTRAINT custody_agentlogin_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_bucket
    ADD CONSTRAINT custody_bucket_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_bucketkey
    ADD CONSTRAINT custody_bucketkey_pkey PRIMARY KEY (bucket_id);
ALTER TABLE ONLY public.custody_call
    ADD CONSTRAINT custody_call_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_checkpoint
    ADD CONSTRAINT custody_checkpoint_pkey PRIMARY KEY (size);
ALTER TABLE ONLY public.custody_checkpointsink
    ADD CONSTRAINT custody_checkpointsink_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.custody_client
    ADD CONSTRAINT custody_client_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_client
    ADD CONSTRAINT custody_client_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.custody_clocklook
    ADD CONSTRAINT custody_clocklook_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_cosignature
    ADD CONSTRAINT custody_cosignature_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_customer
    ADD CONSTRAINT custody_customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_customer
    ADD CONSTRAINT custody_customer_subject_id_key UNIQUE (subject_id);
ALTER TABLE ONLY public.custody_datakey
    ADD CONSTRAINT custody_datakey_pkey PRIMARY KEY (record_id);
ALTER TABLE ONLY public.custody_epoch
    ADD CONSTRAINT custody_epoch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_hold
    ADD CONSTRAINT custody_hold_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_identifiertoken
    ADD CONSTRAINT custody_identifiertoken_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_indexkey
    ADD CONSTRAINT custody_indexkey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_intakebatch
    ADD CONSTRAINT custody_intakebatch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_intakeitem
    ADD CONSTRAINT custody_intakeitem_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_intakekey
    ADD CONSTRAINT custody_intakekey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_intakematch
    ADD CONSTRAINT custody_intakematch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_keyrun
    ADD CONSTRAINT custody_keyrun_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_keyversion
    ADD CONSTRAINT custody_keyversion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_ledgerdetail
    ADD CONSTRAINT custody_ledgerdetail_pkey PRIMARY KEY (entry);
ALTER TABLE ONLY public.custody_ledgerentry
    ADD CONSTRAINT custody_ledgerentry_entry_key UNIQUE (entry);
ALTER TABLE ONLY public.custody_ledgerentry
    ADD CONSTRAINT custody_ledgerentry_pkey PRIMARY KEY (index);
ALTER TABLE ONLY public.custody_ledgerpending
    ADD CONSTRAINT custody_ledgerpending_entry_key UNIQUE (entry);
ALTER TABLE ONLY public.custody_ledgerpending
    ADD CONSTRAINT custody_ledgerpending_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_ledgeryear
    ADD CONSTRAINT custody_ledgeryear_first_key UNIQUE (first);
ALTER TABLE ONLY public.custody_ledgeryear
    ADD CONSTRAINT custody_ledgeryear_origin_key UNIQUE (origin);
ALTER TABLE ONLY public.custody_ledgeryear
    ADD CONSTRAINT custody_ledgeryear_pkey PRIMARY KEY (year);
ALTER TABLE ONLY public.custody_leg
    ADD CONSTRAINT custody_leg_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_line
    ADD CONSTRAINT custody_line_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_lookupcount
    ADD CONSTRAINT custody_lookupcount_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_mention
    ADD CONSTRAINT custody_mention_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_objectmove
    ADD CONSTRAINT custody_objectmove_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_permit
    ADD CONSTRAINT custody_permit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_permitrecord
    ADD CONSTRAINT custody_permitrecord_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_person
    ADD CONSTRAINT custody_person_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_personlink
    ADD CONSTRAINT custody_personlink_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_record
    ADD CONSTRAINT custody_record_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_redactioncorrection
    ADD CONSTRAINT custody_redactioncorrection_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_residuecontrol
    ADD CONSTRAINT custody_residuecontrol_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_residuescan
    ADD CONSTRAINT custody_residuescan_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_sealedfield
    ADD CONSTRAINT custody_sealedfield_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_searchtoken
    ADD CONSTRAINT custody_searchtoken_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_sequencerstate
    ADD CONSTRAINT custody_sequencerstate_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_subject
    ADD CONSTRAINT custody_subject_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_subjectkey
    ADD CONSTRAINT custody_subjectkey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_customer
    ADD CONSTRAINT customer_number_once_per_client UNIQUE (client_id, number);
ALTER TABLE ONLY public.kernel_deadline
    ADD CONSTRAINT deadline_once_per_matter UNIQUE (rule, about_kind, about_id);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);
ALTER TABLE ONLY public.custody_epoch
    ADD CONSTRAINT epoch_number_once_per_client UNIQUE (client_id, number);
ALTER TABLE ONLY public.custody_sealedfield
    ADD CONSTRAINT field_position_once UNIQUE (record_id, "position");
ALTER TABLE ONLY public.control_grantuse
    ADD CONSTRAINT grant_permit_once UNIQUE (grant_id, permit);
ALTER TABLE ONLY public.control_grantedrecord
    ADD CONSTRAINT grant_record_once UNIQUE (grant_id, record);
ALTER TABLE ONLY public.protection_identity
    ADD CONSTRAINT identity_of_one_person UNIQUE (provider, subject);
ALTER TABLE ONLY public.protection_identity
    ADD CONSTRAINT identity_once_per_provider UNIQUE (user_id, provider);
ALTER TABLE ONLY public.custody_indexkey
    ADD CONSTRAINT index_key_once UNIQUE (client_id, "column", version);
ALTER TABLE ONLY public.kernel_approval
    ADD CONSTRAINT kernel_approval_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_approvalterms
    ADD CONSTRAINT kernel_approvalterms_pkey PRIMARY KEY (kind);
ALTER TABLE ONLY public.kernel_bulkact
    ADD CONSTRAINT kernel_bulkact_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_bulkrow
    ADD CONSTRAINT kernel_bulkrow_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_check
    ADD CONSTRAINT kernel_check_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_deadline
    ADD CONSTRAINT kernel_deadline_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_delegation
    ADD CONSTRAINT kernel_delegation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_finding
    ADD CONSTRAINT kernel_finding_closed_by_check_id_key UNIQUE (closed_by_check_id);
ALTER TABLE ONLY public.kernel_finding
    ADD CONSTRAINT kernel_finding_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_incident
    ADD CONSTRAINT kernel_incident_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_note
    ADD CONSTRAINT kernel_note_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_outboxmessage
    ADD CONSTRAINT kernel_outboxmessage_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_ownrole
    ADD CONSTRAINT kernel_ownrole_pkey PRIMARY KEY (slug);
ALTER TABLE ONLY public.kernel_roleheld
    ADD CONSTRAINT kernel_roleheld_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_scanverdict
    ADD CONSTRAINT kernel_scanverdict_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_session
    ADD CONSTRAINT kernel_session_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_standing
    ADD CONSTRAINT kernel_standing_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.kernel_user_groups
    ADD CONSTRAINT kernel_user_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_user_groups
    ADD CONSTRAINT kernel_user_groups_user_id_group_id_176b7b25_uniq UNIQUE (user_id, group_id);
ALTER TABLE ONLY public.kernel_user
    ADD CONSTRAINT kernel_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_user
    ADD CONSTRAINT kernel_user_pseudonym_key UNIQUE (pseudonym);
ALTER TABLE ONLY public.kernel_user_user_permissions
    ADD CONSTRAINT kernel_user_user_permiss_user_id_permission_id_78d8fc93_uniq UNIQUE (user_id, permission_id);
ALTER TABLE ONLY public.kernel_user_user_permissions
    ADD CONSTRAINT kernel_user_user_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kernel_user
    ADD CONSTRAINT kernel_user_username_key UNIQUE (username);
ALTER TABLE ONLY public.kernel_vote
    ADD CONSTRAINT kernel_vote_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_keyversion
    ADD CONSTRAINT key_version_once_per_client UNIQUE (client_id, number);
ALTER TABLE ONLY public.protection_knowndevice
    ADD CONSTRAINT known_device_once UNIQUE (user_id, token);
ALTER TABLE ONLY public.lawful_assessment
    ADD CONSTRAINT lawful_assessment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_bucketcounted
    ADD CONSTRAINT lawful_bucketcounted_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_callinghours
    ADD CONSTRAINT lawful_callinghours_line_id_key UNIQUE (line_id);
ALTER TABLE ONLY public.lawful_callinghours
    ADD CONSTRAINT lawful_callinghours_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_categoryrule
    ADD CONSTRAINT lawful_categoryrule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_certificate
    ADD CONSTRAINT lawful_certificate_entry_key UNIQUE (entry);
ALTER TABLE ONLY public.lawful_certificate
    ADD CONSTRAINT lawful_certificate_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_certifiedbucket
    ADD CONSTRAINT lawful_certifiedbucket_pkey PRIMARY KEY (bucket_id);
ALTER TABLE ONLY public.lawful_consentevent
    ADD CONSTRAINT lawful_consentevent_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_consentevidence
    ADD CONSTRAINT lawful_consentevidence_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_consentproposal
    ADD CONSTRAINT lawful_consentproposal_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_consentstate
    ADD CONSTRAINT lawful_consentstate_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_donotcall
    ADD CONSTRAINT lawful_donotcall_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_endrecipe
    ADD CONSTRAINT lawful_endrecipe_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_linepurpose
    ADD CONSTRAINT lawful_linepurpose_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_matter
    ADD CONSTRAINT lawful_matter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_minor
    ADD CONSTRAINT lawful_minor_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_minor
    ADD CONSTRAINT lawful_minor_subject_id_key UNIQUE (subject_id);
ALTER TABLE ONLY public.lawful_notice
    ADD CONSTRAINT lawful_notice_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_purpose
    ADD CONSTRAINT lawful_purpose_pkey PRIMARY KEY (slug);
ALTER TABLE ONLY public.lawful_purposecategory
    ADD CONSTRAINT lawful_purposecategory_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_purposeground
    ADD CONSTRAINT lawful_purposeground_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_purposerevision
    ADD CONSTRAINT lawful_purposerevision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_recipient
    ADD CONSTRAINT lawful_recipient_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_recipient_purposes
    ADD CONSTRAINT lawful_recipient_purposes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_recipient_purposes
    ADD CONSTRAINT lawful_recipient_purposes_recipient_id_purpose_id_c210a4ea_uniq UNIQUE (recipient_id, purpose_id);
ALTER TABLE ONLY public.lawful_release
    ADD CONSTRAINT lawful_release_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_requestproof
    ADD CONSTRAINT lawful_requestproof_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_requesttask
    ADD CONSTRAINT lawful_requesttask_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_retentionevent
    ADD CONSTRAINT lawful_retentionevent_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_retentionrule
    ADD CONSTRAINT lawful_retentionrule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_retentionrun
    ADD CONSTRAINT lawful_retentionrun_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_staffnotice
    ADD CONSTRAINT lawful_staffnotice_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_staffnotice
    ADD CONSTRAINT lawful_staffnotice_version_key UNIQUE (version);
ALTER TABLE ONLY public.lawful_staffreading
    ADD CONSTRAINT lawful_staffreading_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectrequest_code_key UNIQUE (code);
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectrequest_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_transfer
    ADD CONSTRAINT lawful_transfer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_leg
    ADD CONSTRAINT leg_channel_once UNIQUE (call_id, channel);
ALTER TABLE ONLY public.lawful_linepurpose
    ADD CONSTRAINT line_purpose_once UNIQUE (line_id, purpose_id);
ALTER TABLE ONLY public.custody_line
    ADD CONSTRAINT line_slug_once_per_client UNIQUE (client_id, slug);
ALTER TABLE ONLY public.custody_lookupcount
    ADD CONSTRAINT lookups_once_per_minute UNIQUE (principal, minute);
ALTER TABLE ONLY public.custody_mention
    ADD CONSTRAINT mention_once UNIQUE (record_id, subject_id);
ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.control_neighbourentry
    ADD CONSTRAINT neighbour_line_once UNIQUE (neighbour_id, mark);
ALTER TABLE ONLY public.kernel_note
    ADD CONSTRAINT note_once_per_entry UNIQUE (finding_id, entry);
ALTER TABLE ONLY public.lawful_notice
    ADD CONSTRAINT notice_version_once UNIQUE (line_id, version);
ALTER TABLE ONLY public.lawful_consentstate
    ADD CONSTRAINT one_consent_stands_per_purpose UNIQUE (client_id, subject_id, purpose, recipient);
ALTER TABLE ONLY public.custody_cosignature
    ADD CONSTRAINT one_cosignature_of_a_witness UNIQUE (size, witness);
ALTER TABLE ONLY public.partners_partnercontact
    ADD CONSTRAINT partner_contact_once_a_duty UNIQUE (partner_id, duty);
ALTER TABLE ONLY public.partners_partner
    ADD CONSTRAINT partner_registered_once UNIQUE (client_id, country, registration);
ALTER TABLE ONLY public.partners_partnerservice
    ADD CONSTRAINT partner_service_once UNIQUE (partner_id, kind);
ALTER TABLE ONLY public.partners_partner
    ADD CONSTRAINT partners_partner_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_partnercontact
    ADD CONSTRAINT partners_partnercontact_entry_key UNIQUE (entry);
ALTER TABLE ONLY public.partners_partnercontact
    ADD CONSTRAINT partners_partnercontact_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_partnerservice
    ADD CONSTRAINT partners_partnerservice_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.partners_subprocessor
    ADD CONSTRAINT partners_subprocessor_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.custody_permitrecord
    ADD CONSTRAINT permit_item_once UNIQUE (permit_id, item_id);
ALTER TABLE ONLY public.custody_permit
    ADD CONSTRAINT permit_of_its_own_entry UNIQUE (entry);
ALTER TABLE ONLY public.custody_permitrecord
    ADD CONSTRAINT permit_record_once UNIQUE (permit_id, record_id);
ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);
ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_arrival
    ADD CONSTRAINT protection_arrival_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_arrival
    ADD CONSTRAINT protection_arrival_session_id_key UNIQUE (session_id);
ALTER TABLE ONLY public.protection_backup
    ADD CONSTRAINT protection_backup_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_drill
    ADD CONSTRAINT protection_drill_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_identity
    ADD CONSTRAINT protection_identity_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_knowndevice
    ADD CONSTRAINT protection_knowndevice_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_passwordchange
    ADD CONSTRAINT protection_passwordchange_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_restore
    ADD CONSTRAINT protection_restore_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_samlkey
    ADD CONSTRAINT protection_samlkey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_servicekey
    ADD CONSTRAINT protection_servicekey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_servicekey
    ADD CONSTRAINT protection_servicekey_prefix_key UNIQUE (prefix);
ALTER TABLE ONLY public.protection_spentanswer
    ADD CONSTRAINT protection_spentanswer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.protection_spentanswer
    ADD CONSTRAINT protection_spentanswer_token_key UNIQUE (token);
ALTER TABLE ONLY public.lawful_purposecategory
    ADD CONSTRAINT purpose_category_once UNIQUE (purpose_id, category);
ALTER TABLE ONLY public.lawful_purposeground
    ADD CONSTRAINT purpose_ground_once_per_jurisdiction UNIQUE (purpose_id, jurisdiction);
ALTER TABLE ONLY public.lawful_purposerevision
    ADD CONSTRAINT purpose_revision_once UNIQUE (purpose_id, number);
ALTER TABLE ONLY public.lawful_recipient
    ADD CONSTRAINT recipient_slug_once_per_client UNIQUE (client_id, slug);
ALTER TABLE ONLY public.lawful_requestproof
    ADD CONSTRAINT request_proof_once UNIQUE (request_id, way);
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT request_reference_once UNIQUE (client_id, reference);
ALTER TABLE ONLY public.lawful_requesttask
    ADD CONSTRAINT request_task_once UNIQUE (request_id, replica);
ALTER TABLE ONLY public.lawful_retentionevent
    ADD CONSTRAINT retention_event_once UNIQUE (customer_id, trigger, at);
ALTER TABLE ONLY public.lawful_retentionrule
    ADD CONSTRAINT retention_rule_once UNIQUE (line_id, category, purpose_id);
ALTER TABLE ONLY public.control_item
    ADD CONSTRAINT review_item_once UNIQUE (campaign_id, person_id, kind, target);
ALTER TABLE ONLY public.control_shadowcount
    ADD CONSTRAINT shadow_counted_once_per_kind UNIQUE (version_id, outcome, roles, purpose, category, action, reason);
ALTER TABLE ONLY public.control_shift
    ADD CONSTRAINT shift_once UNIQUE (client_id, user_id, starts);
ALTER TABLE ONLY public.socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_provider_uid_fc810c6e_uniq UNIQUE (provider, uid);
ALTER TABLE ONLY public.socialaccount_socialapp
    ADD CONSTRAINT socialaccount_socialapp_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_socialtoken_app_id_account_id_fca4e0ac_uniq UNIQUE (app_id, account_id);
ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_socialtoken_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.spool_leftfile
    ADD CONSTRAINT spool_leftfile_path_key UNIQUE (path);
ALTER TABLE ONLY public.spool_leftfile
    ADD CONSTRAINT spool_leftfile_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lawful_staffreading
    ADD CONSTRAINT staff_reading_once UNIQUE (notice_id, user_id);
ALTER TABLE ONLY public.custody_subjectkey
    ADD CONSTRAINT subject_key_once UNIQUE (subject_id, generation, suite);
ALTER TABLE ONLY public.control_taskagent
    ADD CONSTRAINT task_agent_once UNIQUE (task_id, user_id);
ALTER TABLE ONLY public.control_task
    ADD CONSTRAINT task_once UNIQUE (client_id, kind, reference);
ALTER TABLE ONLY public.control_tasksubject
    ADD CONSTRAINT task_subject_once UNIQUE (task_id, subject_id);
ALTER TABLE ONLY public.kernel_vote
    ADD CONSTRAINT vote_once UNIQUE (approval_id, voter_id);
CREATE INDEX access_day_of_actor ON public.control_accessday USING btree (actor, day);
CREATE INDEX account_emailaddress_email_03be32b2 ON public.account_emailaddress USING btree (email);
CREATE INDEX account_emailaddress_email_03be32b2_like ON public.account_emailaddress USING btree (email varchar_pattern_ops);
CREATE INDEX account_emailaddress_user_id_2c513194 ON public.account_emailaddress USING btree (user_id);
CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON public.account_emailconfirmation USING btree (email_address_id);
CREATE INDEX account_emailconfirmation_key_f43612bd_like ON public.account_emailconfirmation USING btree (key varchar_pattern_ops);
CREATE INDEX alert_by_kind ON public.control_alert USING btree (kind, raised_at DESC);
CREATE INDEX api_answeredrequest_expires_at_c247ad60 ON public.api_answeredrequest USING btree (expires_at);
CREATE INDEX api_answeredrequest_service_key_id_98810b1c ON public.api_answeredrequest USING btree (service_key_id);
CREATE INDEX arrival_asked ON public.protection_arrival USING btree (provider, asked);
CREATE INDEX arrival_of_index ON public.protection_arrival USING btree (provider, index);
CREATE INDEX arrival_of_subject ON public.protection_arrival USING btree (provider, subject);
CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE INDEX axes_accessattempt_ip_address_10922d9c ON public.axes_accessattempt USING btree (ip_address);
CREATE INDEX axes_accessattempt_user_agent_ad89678b ON public.axes_accessattempt USING btree (user_agent);
CREATE INDEX axes_accessattempt_user_agent_ad89678b_like ON public.axes_accessattempt USING btree (user_agent varchar_pattern_ops);
CREATE INDEX axes_accessattempt_username_3f2d4ca0 ON public.axes_accessattempt USING btree (username);
CREATE INDEX axes_accessattempt_username_3f2d4ca0_like ON public.axes_accessattempt USING btree (username varchar_pattern_ops);
CREATE INDEX axes_accessfailurelog_ip_address_2e9f5a7f ON public.axes_accessfailurelog USING btree (ip_address);
CREATE INDEX axes_accessfailurelog_user_agent_ea145dda ON public.axes_accessfailurelog USING btree (user_agent);
CREATE INDEX axes_accessfailurelog_user_agent_ea145dda_like ON public.axes_accessfailurelog USING btree (user_agent varchar_pattern_ops);
CREATE INDEX axes_accessfailurelog_username_a8b7e8a4 ON public.axes_accessfailurelog USING btree (username);
CREATE INDEX axes_accessfailurelog_username_a8b7e8a4_like ON public.axes_accessfailurelog USING btree (username varchar_pattern_ops);
CREATE INDEX axes_accesslog_ip_address_86b417e5 ON public.axes_accesslog USING btree (ip_address);
CREATE INDEX axes_accesslog_user_agent_0e659004 ON public.axes_accesslog USING btree (user_agent);
CREATE INDEX axes_accesslog_user_agent_0e659004_like ON public.axes_accesslog USING btree (user_agent varchar_pattern_ops);
CREATE INDEX axes_accesslog_username_df93064b ON public.axes_accesslog USING btree (username);
CREATE INDEX axes_accesslog_username_df93064b_like ON public.axes_accesslog USING btree (username varchar_pattern_ops);
CREATE INDEX backup_newest ON public.protection_backup USING btree (kind, state, finished_at DESC);
CREATE INDEX batch_of_neighbour ON public.control_neighbourbatch USING btree (neighbour_id, received_at DESC);
CREATE INDEX bulk_of_person ON public.kernel_bulkact USING btree (drawn_by_id, drawn_at DESC);
CREATE INDEX bulk_row_by_outcome ON public.kernel_bulkrow USING btree (act_id, outcome, place);
CREATE INDEX call_language ON public.custody_call USING btree (client_id, language);
CREATE INDEX call_length ON public.custody_call USING btree (client_id, duration_ms, id);
CREATE INDEX call_not_sought ON public.custody_call USING btree (client_id, id) WHERE (sought_at IS NULL);
CREATE INDEX call_of_agent ON public.custody_call USING btree (agent_id, started_at DESC);
CREATE INDEX call_of_line ON public.custody_call USING btree (line_id, started_at DESC);
CREATE INDEX call_redaction ON public.custody_call USING btree (client_id, redaction, started_at, id);
CREATE INDEX call_spans ON public.custody_call USING btree (client_id, spans, id);
CREATE UNIQUE INDEX canary_planted_once ON public.control_canary USING btree (subject) WHERE (removed_at IS NULL);
CREATE INDEX certificate_latest ON public.lawful_certificate USING btree (issued_at DESC);
CREATE INDEX consent_of_subject ON public.lawful_consentevent USING btree (subject_id, at DESC);
CREATE INDEX consent_state_ends ON public.lawful_consentstate USING btree (expires_at) WHERE ((state)::text = 'given'::text);
CREATE INDEX consent_state_subject ON public.lawful_consentstate USING btree (subject_id);
CREATE INDEX control_accessgrant_action_3e94858f ON public.control_accessgrant USING btree (action);
CREATE INDEX control_accessgrant_action_3e94858f_like ON public.control_accessgrant USING btree (action varchar_pattern_ops);
CREATE INDEX control_accessgrant_person_id_53aaf0dc ON public.control_accessgrant USING btree (person_id);
CREATE INDEX control_accessgrant_purpose_957aa847 ON public.control_accessgrant USING btree (purpose);
CREATE INDEX control_accessgrant_purpose_957aa847_like ON public.control_accessgrant USING btree (purpose varchar_pattern_ops);
CREATE INDEX control_accessgrant_state_823ec32c ON public.control_accessgrant USING btree (state);
CREATE INDEX control_accessgrant_state_823ec32c_like ON public.control_accessgrant USING btree (state varchar_pattern_ops);
CREATE INDEX control_alert_actor_62e73f54 ON public.control_alert USING btree (actor);
CREATE INDEX control_alert_actor_62e73f54_like ON public.control_alert USING btree (actor varchar_pattern_ops);
CREATE INDEX control_alert_incident_id_80ec85f4 ON public.control_alert USING btree (incident_id);
CREATE INDEX control_alert_raised_at_28aadbd6 ON public.control_alert USING btree (raised_at);
CREATE INDEX control_alert_state_a100fe95 ON public.control_alert USING btree (state);
CREATE INDEX control_alert_state_a100fe95_like ON public.control_alert USING btree (state varchar_pattern_ops);
CREATE INDEX control_alert_suppression_id_f3b124d4 ON public.control_alert USING btree (suppression_id);
CREATE INDEX control_campaign_reference_405ac7c4_like ON public.control_campaign USING btree (reference varchar_pattern_ops);
CREATE INDEX control_campaign_started_by_id_78a6e950 ON public.control_campaign USING btree (started_by_id);
CREATE INDEX control_emergencyaccess_person_id_5b43a6d9 ON public.control_emergencyaccess USING btree (person_id);
CREATE INDEX control_emergencyaccess_purpose_50965575 ON public.control_emergencyaccess USING btree (purpose);
CREATE INDEX control_emergencyaccess_purpose_50965575_like ON public.control_emergencyaccess USING btree (purpose varchar_pattern_ops);
CREATE INDEX control_emergencyaccess_reviewed_by_id_26fd0c67 ON public.control_emergencyaccess USING btree (reviewed_by_id);
CREATE INDEX control_emergencyaccess_state_88b60b04 ON public.control_emergencyaccess USING btree (state);
CREATE INDEX control_emergencyaccess_state_88b60b04_like ON public.control_emergencyaccess USING btree (state varchar_pattern_ops);
CREATE INDEX control_emergencyuse_access_id_c738fc8f ON public.control_emergencyuse USING btree (access_id);
CREATE INDEX control_emergencyuse_subject_905b7a98 ON public.control_emergencyuse USING btree (subject);
CREATE INDEX control_grantedrecord_grant_id_aaa4607c ON public.control_grantedrecord USING btree (grant_id);
CREATE INDEX control_grantedrecord_subject_679a3926 ON public.control_grantedrecord USING btree (subject);
CREATE INDEX control_grantuse_grant_id_1e345272 ON public.control_grantuse USING btree (grant_id);
CREATE INDEX control_item_campaign_id_9fc6e937 ON public.control_item USING btree (campaign_id);
CREATE INDEX control_item_kind_3e4fab91 ON public.control_item USING btree (kind);
CREATE INDEX control_item_kind_3e4fab91_like ON public.control_item USING btree (kind varchar_pattern_ops);
CREATE INDEX control_item_outcome_f1dde7c4 ON public.control_item USING btree (outcome);
CREATE INDEX control_item_outcome_f1dde7c4_like ON public.control_item USING btree (outcome varchar_pattern_ops);
CREATE INDEX control_item_person_id_5754c251 ON public.control_item USING btree (person_id);
CREATE INDEX control_item_reviewer_id_608d54ad ON public.control_item USING btree (reviewer_id);
CREATE INDEX control_item_seen_by_id_9e972015 ON public.control_item USING btree (seen_by_id);
CREATE INDEX control_neighbour_client_id_a05397e9 ON public.control_neighbour USING btree (client_id);
CREATE INDEX control_neighbour_owner_id_27d63f2f ON public.control_neighbour USING btree (owner_id);
CREATE INDEX control_neighbour_program_335e23ae ON public.control_neighbour USING btree (program);
CREATE INDEX control_neighbour_program_335e23ae_like ON public.control_neighbour USING btree (program varchar_pattern_ops);
CREATE INDEX control_neighbour_slug_6e95df44_like ON public.control_neighbour USING btree (slug varchar_pattern_ops);
CREATE INDEX control_neighbourbatch_client_id_1122b48e ON public.control_neighbourbatch USING btree (client_id);
CREATE INDEX control_neighbourbatch_neighbour_id_9d19fc98 ON public.control_neighbourbatch USING btree (neighbour_id);
CREATE INDEX control_neighbourentry_batch_id_0211c627 ON public.control_neighbourentry USING btree (batch_id);
CREATE INDEX control_neighbourentry_client_id_4140f896 ON public.control_neighbourentry USING btree (client_id);
CREATE INDEX control_neighbourentry_neighbour_id_c196be8f ON public.control_neighbourentry USING btree (neighbour_id);
CREATE INDEX control_neighbourentry_user_id_fcc0f4b8 ON public.control_neighbourentry USING btree (user_id);
CREATE INDEX control_shadowcount_version_id_c29254ce ON public.control_shadowcount USING btree (version_id);
CREATE INDEX control_shift_client_id_45efebbf ON public.control_shift USING btree (client_id);
CREATE INDEX control_shift_user_id_d68b5ab1 ON public.control_shift USING btree (user_id);
CREATE INDEX control_siemreceiver_name_580ad6c5_like ON public.control_siemreceiver USING btree (name varchar_pattern_ops);
CREATE INDEX control_suppression_owner_id_b849a487 ON public.control_suppression USING btree (owner_id);
CREATE INDEX control_task_client_id_27693d02 ON public.control_task USING btree (client_id);
CREATE INDEX control_taskagent_client_id_980153ad ON public.control_taskagent USING btree (client_id);
CREATE INDEX control_taskagent_task_id_b4169880 ON public.control_taskagent USING btree (task_id);
CREATE INDEX control_taskagent_user_id_ac588f9b ON public.control_taskagent USING btree (user_id);
CREATE INDEX control_tasksubject_client_id_453d7221 ON public.control_tasksubject USING btree (client_id);
CREATE INDEX control_tasksubject_subject_id_3e985381 ON public.control_tasksubject USING btree (subject_id);
CREATE INDEX control_tasksubject_task_id_090c6ab0 ON public.control_tasksubject USING btree (task_id);
CREATE INDEX control_tie_client_id_1e40fed7 ON public.control_tie USING btree (client_id);
CREATE INDEX control_tie_subject_id_35e1114d ON public.control_tie USING btree (subject_id);
CREATE INDEX control_tie_user_id_071c31ac ON public.control_tie USING btree (user_id);
CREATE INDEX control_trainingrecord_course_ca9b99f9 ON public.control_trainingrecord USING btree (course);
CREATE INDEX control_trainingrecord_course_ca9b99f9_like ON public.control_trainingrecord USING btree (course varchar_pattern_ops);
CREATE INDEX control_trainingrecord_person_id_dd8b2515 ON public.control_trainingrecord USING btree (person_id);
CREATE INDEX control_usagereport_looked_by_id_d93a26ad ON public.control_usagereport USING btree (looked_by_id);
CREATE INDEX control_watchpart_key_0fcf8903_like ON public.control_watchpart USING btree (key varchar_pattern_ops);
CREATE INDEX correction_newest ON public.custody_redactioncorrection USING btree (client_id, made_at DESC);
CREATE INDEX correction_of_call ON public.custody_redactioncorrection USING btree (call_id, made_at);
CREATE UNIQUE INDEX correction_once ON public.custody_redactioncorrection USING btree (version, kind, turn, start, "end") WHERE (NOT ((state)::text = 'failed'::text));
CREATE INDEX custody_agentlogin_client_id_89c9e762 ON public.custody_agentlogin USING btree (client_id);
CREATE INDEX custody_agentlogin_user_id_1b6155fb ON public.custody_agentlogin USING btree (user_id);
CREATE INDEX custody_bucket_client_id_3e568639 ON public.custody_bucket USING btree (client_id);
CREATE INDEX custody_bucket_line_id_4e7ce7c3 ON public.custody_bucket USING btree (line_id);
CREATE INDEX custody_cal_client__a04f60_idx ON public.custody_call USING btree (client_id, started_at DESC);
CREATE INDEX custody_call_client_id_b4047cb6 ON public.custody_call USING btree (client_id);
CREATE INDEX custody_call_customer_id_fa6b622b ON public.custody_call USING btree (customer_id);
CREATE INDEX custody_checkpointsink_name_16bb80de_like ON public.custody_checkpointsink USING btree (name varchar_pattern_ops);
CREATE INDEX custody_client_slug_7ff72a41_like ON public.custody_client USING btree (slug varchar_pattern_ops);
CREATE INDEX custody_cosignature_size_ee5644bd ON public.custody_cosignature USING btree (size);
CREATE INDEX custody_customer_client_id_cf987510 ON public.custody_customer USING btree (client_id);
CREATE INDEX custody_customer_person_id_04b2783e ON public.custody_customer USING btree (person_id);
CREATE INDEX custody_datakey_bucket_id_cdfebe2f ON public.custody_datakey USING btree (bucket_id);
CREATE INDEX custody_datakey_subject_id_c32826a5 ON public.custody_datakey USING btree (subject_id);
CREATE INDEX custody_epoch_client_id_dd7dc15a ON public.custody_epoch USING btree (client_id);
CREATE INDEX custody_hold_client_id_5177784f ON public.custody_hold USING btree (client_id);
CREATE INDEX custody_hold_record_id_4aecbfbe ON public.custody_hold USING btree (record_id);
CREATE INDEX custody_ide_client__f5002b_idx ON public.custody_identifiertoken USING btree (client_id, "column", token);
CREATE INDEX custody_identifiertoken_client_id_a0dcf511 ON public.custody_identifiertoken USING btree (client_id);
CREATE INDEX custody_identifiertoken_customer_id_f7eefccf ON public.custody_identifiertoken USING btree (customer_id);
CREATE INDEX custody_indexkey_client_id_25488f3a ON public.custody_indexkey USING btree (client_id);
CREATE INDEX custody_int_line_id_d5982b_idx ON public.custody_intakeitem USING btree (line_id, kind, state);
CREATE INDEX custody_int_state_0b1bf4_idx ON public.custody_intakeitem USING btree (state, delete_at);
CREATE INDEX custody_int_token_a6dfe9_idx ON public.custody_intakematch USING btree (token);
CREATE INDEX custody_intakebatch_line_id_76edfb4c ON public.custody_intakebatch USING btree (line_id);
CREATE INDEX custody_intakeitem_batch_id_34f7f7e9 ON public.custody_intakeitem USING btree (batch_id);
CREATE INDEX custody_intakeitem_call_id_29406ecd ON public.custody_intakeitem USING btree (call_id);
CREATE INDEX custody_intakeitem_key_id_843c5a9e ON public.custody_intakeitem USING btree (key_id);
CREATE INDEX custody_intakeitem_line_id_fe9dd249 ON public.custody_intakeitem USING btree (line_id);
CREATE INDEX custody_intakematch_item_id_7ff25f63 ON public.custody_intakematch USING btree (item_id);
CREATE INDEX custody_key_state_d21c4b_idx ON public.custody_keyrun USING btree (state, started_at DESC);
CREATE INDEX custody_keyrun_client_id_7add771a ON public.custody_keyrun USING btree (client_id);
CREATE INDEX custody_keyversion_client_id_5383b215 ON public.custody_keyversion USING btree (client_id);
CREATE INDEX custody_ledgerentry_actor_7a15b4d6 ON public.custody_ledgerentry USING btree (actor);
CREATE INDEX custody_ledgerentry_actor_7a15b4d6_like ON public.custody_ledgerentry USING btree (actor varchar_pattern_ops);
CREATE INDEX custody_ledgerentry_at_c3ec3332 ON public.custody_ledgerentry USING btree (at);
CREATE INDEX custody_ledgerentry_call_193b6463 ON public.custody_ledgerentry USING btree (call);
CREATE INDEX custody_ledgerentry_event_4b2ded3a ON public.custody_ledgerentry USING btree (event);
CREATE INDEX custody_ledgerentry_event_4b2ded3a_like ON public.custody_ledgerentry USING btree (event varchar_pattern_ops);
CREATE INDEX custody_ledgerentry_subject_c9145166 ON public.custody_ledgerentry USING btree (subject);
CREATE INDEX custody_ledgeryear_origin_fbe84d0e_like ON public.custody_ledgeryear USING btree (origin varchar_pattern_ops);
CREATE INDEX custody_leg_call_id_9c1db83a ON public.custody_leg USING btree (call_id);
CREATE INDEX custody_leg_client_id_8dc495e7 ON public.custody_leg USING btree (client_id);
CREATE INDEX custody_leg_subject_id_6cb11b46 ON public.custody_leg USING btree (subject_id);
CREATE INDEX custody_line_client_id_3ec07e1f ON public.custody_line USING btree (client_id);
CREATE INDEX custody_line_slug_ce9c5835 ON public.custody_line USING btree (slug);
CREATE INDEX custody_line_slug_ce9c5835_like ON public.custody_line USING btree (slug varchar_pattern_ops);
CREATE INDEX custody_mention_client_id_91892715 ON public.custody_mention USING btree (client_id);
CREATE INDEX custody_mention_record_id_72792c59 ON public.custody_mention USING btree (record_id);
CREATE INDEX custody_mention_subject_id_6b2aa727 ON public.custody_mention USING btree (subject_id);
CREATE INDEX custody_objectmove_client_id_4106c7d6 ON public.custody_objectmove USING btree (client_id);
CREATE INDEX custody_objectmove_run_id_bd2da4d0 ON public.custody_objectmove USING btree (run_id);
CREATE INDEX custody_per_princip_578c3f_idx ON public.custody_permit USING btree (principal, issued_at);
CREATE INDEX custody_permit_action_c5057376 ON public.custody_permit USING btree (action);
CREATE INDEX custody_permit_action_c5057376_like ON public.custody_permit USING btree (action varchar_pattern_ops);
CREATE INDEX custody_permit_purpose_f3935be9 ON public.custody_permit USING btree (purpose);
CREATE INDEX custody_permit_purpose_f3935be9_like ON public.custody_permit USING btree (purpose varchar_pattern_ops);
CREATE INDEX custody_permitrecord_item_id_744c10d6 ON public.custody_permitrecord USING btree (item_id);
CREATE INDEX custody_permitrecord_permit_id_df63f055 ON public.custody_permitrecord USING btree (permit_id);
CREATE INDEX custody_permitrecord_record_id_e5137d3a ON public.custody_permitrecord USING btree (record_id);
CREATE INDEX custody_person_client_id_4e70c129 ON public.custody_person USING btree (client_id);
CREATE INDEX custody_personlink_client_id_e44711a2 ON public.custody_personlink USING btree (client_id);
CREATE INDEX custody_personlink_person_id_be5094f8 ON public.custody_personlink USING btree (person_id);
CREATE INDEX custody_personlink_subject_id_0c4523ac ON public.custody_personlink USING btree (subject_id);
CREATE INDEX custody_rec_call_id_862208_idx ON public.custody_record USING btree (call_id, category);
CREATE INDEX custody_rec_state_01ffe3_idx ON public.custody_record USING btree (state, due_at);
CREATE INDEX custody_record_bucket_id_b1c4f99d ON public.custody_record USING btree (bucket_id);
CREATE INDEX custody_record_call_id_4a95e4cc ON public.custody_record USING btree (call_id);
CREATE INDEX custody_record_client_id_55d713bb ON public.custody_record USING btree (client_id);
CREATE INDEX custody_record_customer_id_f660b573 ON public.custody_record USING btree (customer_id);
CREATE INDEX custody_record_leg_id_d4813e17 ON public.custody_record USING btree (leg_id);
CREATE INDEX custody_record_line_id_412a97e0 ON public.custody_record USING btree (line_id);
CREATE INDEX custody_record_subject_id_0ed7bd86 ON public.custody_record USING btree (subject_id);
CREATE INDEX custody_redactioncorrection_call_id_14deaf48 ON public.custody_redactioncorrection USING btree (call_id);
CREATE INDEX custody_redactioncorrection_client_id_e8661356 ON public.custody_redactioncorrection USING btree (client_id);
CREATE INDEX custody_sea_client__5bbc27_idx ON public.custody_searchtoken USING btree (client_id, token);
CREATE INDEX custody_sealedfield_client_id_8066b5cd ON public.custody_sealedfield USING btree (client_id);
CREATE INDEX custody_sealedfield_record_id_79217838 ON public.custody_sealedfield USING btree (record_id);
CREATE INDEX custody_searchtoken_client_id_f4069a70 ON public.custody_searchtoken USING btree (client_id);
CREATE INDEX custody_searchtoken_record_id_7eb98ae2 ON public.custody_searchtoken USING btree (record_id);
CREATE INDEX custody_subject_client_id_e840060c ON public.custody_subject USING btree (client_id);
CREATE INDEX custody_subject_user_id_f699a32e ON public.custody_subject USING btree (user_id);
CREATE INDEX custody_subjectkey_subject_id_af141624 ON public.custody_subjectkey USING btree (subject_id);
CREATE INDEX deadline_by_due ON public.kernel_deadline USING btree (state, due_at);
CREATE INDEX delegation_of_deputy ON public.kernel_delegation USING btree (deputy_id, ends_at);
CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);
CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);
CREATE UNIQUE INDEX do_not_call_once ON public.lawful_donotcall USING btree (client_id, token) WHERE (removed_at IS NULL);
CREATE INDEX drill_newest ON public.protection_drill USING btree (asked_at DESC);
CREATE UNIQUE INDEX emergency_one_at_a_time ON public.control_emergencyaccess USING btree (person_id) WHERE ((state)::text = 'open'::text);
CREATE INDEX finding_by_due ON public.kernel_finding USING btree (state, due_at);
CREATE UNIQUE INDEX finding_once_while_not_closed ON public.kernel_finding USING btree (fingerprint) WHERE (NOT ((state)::text = 'closed'::text));
CREATE INDEX grant_live_of_person ON public.control_accessgrant USING btree (person_id, action) WHERE ((state)::text = 'live'::text);
CREATE UNIQUE INDEX hold_once_per_matter ON public.custody_hold USING btree (record_id, matter) WHERE (released_at IS NULL);
CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));
CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);
CREATE UNIQUE INDEX intake_content_once_per_line ON public.custody_intakeitem USING btree (line_id, kind, digest) WHERE (NOT ((state)::text = ANY (ARRAY[('duplicate'::character varying)::text, ('destroyed'::character varying)::text])));
CREATE INDEX kernel_approval_executed_by_id_f0edb577 ON public.kernel_approval USING btree (executed_by_id);
CREATE INDEX kernel_approval_requester_id_23378d3f ON public.kernel_approval USING btree (requester_id);
CREATE INDEX kernel_approval_state_c9e1244d ON public.kernel_approval USING btree (state);
CREATE INDEX kernel_approval_state_c9e1244d_like ON public.kernel_approval USING btree (state varchar_pattern_ops);
CREATE INDEX kernel_approvalterms_kind_5d991682_like ON public.kernel_approvalterms USING btree (kind varchar_pattern_ops);
CREATE INDEX kernel_bulkact_carried_by_id_1cd84001 ON public.kernel_bulkact USING btree (carried_by_id);
CREATE INDEX kernel_bulkact_drawn_by_id_8c5a96a1 ON public.kernel_bulkact USING btree (drawn_by_id);
CREATE INDEX kernel_bulkact_state_0b6cb570 ON public.kernel_bulkact USING btree (state);
CREATE INDEX kernel_bulkact_state_0b6cb570_like ON public.kernel_bulkact USING btree (state varchar_pattern_ops);
CREATE INDEX kernel_bulkrow_act_id_f1f57328 ON public.kernel_bulkrow USING btree (act_id);
CREATE INDEX kernel_check_finding_id_6dd40ded ON public.kernel_check USING btree (finding_id);
CREATE INDEX kernel_deadline_waived_by_id_f05fba7e ON public.kernel_deadline USING btree (waived_by_id);
CREATE INDEX kernel_delegation_deputy_id_d5ab8ae7 ON public.kernel_delegation USING btree (deputy_id);
CREATE INDEX kernel_delegation_principal_id_5f58fea6 ON public.kernel_delegation USING btree (principal_id);
CREATE INDEX kernel_finding_accepted_by_id_448c1d6f ON public.kernel_finding USING btree (accepted_by_id);
CREATE INDEX kernel_finding_owner_id_780baf4e ON public.kernel_finding USING btree (owner_id);
CREATE INDEX kernel_finding_recurs_id_fa07db34 ON public.kernel_finding USING btree (recurs_id);
CREATE INDEX kernel_finding_state_888a3894 ON public.kernel_finding USING btree (state);
CREATE INDEX kernel_finding_state_888a3894_like ON public.kernel_finding USING btree (state varchar_pattern_ops);
CREATE INDEX kernel_incident_no_notice_id_9f3f6514 ON public.kernel_incident USING btree (no_notice_id);
CREATE INDEX kernel_incident_state_e967734e ON public.kernel_incident USING btree (state);
CREATE INDEX kernel_incident_state_e967734e_like ON public.kernel_incident USING btree (state varchar_pattern_ops);
CREATE INDEX kernel_note_finding_id_0b155cc3 ON public.kernel_note USING btree (finding_id);
CREATE INDEX kernel_outboxmessage_recipient_id_a1c9e0a4 ON public.kernel_outboxmessage USING btree (recipient_id);
CREATE INDEX kernel_ownrole_slug_34c42703_like ON public.kernel_ownrole USING btree (slug varchar_pattern_ops);
CREATE INDEX kernel_roleheld_user_id_7ed12899 ON public.kernel_roleheld USING btree (user_id);
CREATE INDEX kernel_session_user_id_27f661fe ON public.kernel_session USING btree (user_id);
CREATE INDEX kernel_standing_name_2c088cf8_like ON public.kernel_standing USING btree (name varchar_pattern_ops);
CREATE INDEX kernel_user_groups_group_id_ba62c490 ON public.kernel_user_groups USING btree (group_id);
CREATE INDEX kernel_user_groups_user_id_4c0ac2e9 ON public.kernel_user_groups USING btree (user_id);
CREATE INDEX kernel_user_user_permissions_permission_id_0a9527c4 ON public.kernel_user_user_permissions USING btree (permission_id);
CREATE INDEX kernel_user_user_permissions_user_id_8ea11596 ON public.kernel_user_user_permissions USING btree (user_id);
CREATE INDEX kernel_user_username_c2e3070b_like ON public.kernel_user USING btree (username varchar_pattern_ops);
CREATE INDEX kernel_vote_approval_id_f9cfd096 ON public.kernel_vote USING btree (approval_id);
CREATE INDEX kernel_vote_in_name_of_id_c58e1943 ON public.kernel_vote USING btree (in_name_of_id);
CREATE INDEX kernel_vote_requester_id_4db1b83d ON public.kernel_vote USING btree (requester_id);
CREATE INDEX kernel_vote_voter_id_032c6f77 ON public.kernel_vote USING btree (voter_id);
CREATE INDEX lawful_assessment_purpose_id_2ced5f2d ON public.lawful_assessment USING btree (purpose_id);
CREATE INDEX lawful_assessment_purpose_id_2ced5f2d_like ON public.lawful_assessment USING btree (purpose_id varchar_pattern_ops);
CREATE INDEX lawful_bucketcounted_bucket_id_4fa96913 ON public.lawful_bucketcounted USING btree (bucket_id);
CREATE INDEX lawful_bucketcounted_end_recipe_id_6f34397e ON public.lawful_bucketcounted USING btree (end_recipe_id);
CREATE INDEX lawful_bucketcounted_release_id_cc8d7d0e ON public.lawful_bucketcounted USING btree (release_id);
CREATE INDEX lawful_callinghours_client_id_e407709d ON public.lawful_callinghours USING btree (client_id);
CREATE INDEX lawful_certificate_client_id_fb5e9a54 ON public.lawful_certificate USING btree (client_id);
CREATE INDEX lawful_certifiedbucket_certificate_id_4de5767b ON public.lawful_certifiedbucket USING btree (certificate_id);
CREATE INDEX lawful_cons_line_id_84f885_idx ON public.lawful_consentevent USING btree (line_id, reference, purpose, at);
CREATE INDEX lawful_consentevent_call_id_9c0244d7 ON public.lawful_consentevent USING btree (call_id);
CREATE INDEX lawful_consentevent_client_id_c274a944 ON public.lawful_consentevent USING btree (client_id);
CREATE INDEX lawful_consentevent_evidence_id_a2fcb80d ON public.lawful_consentevent USING btree (evidence_id);
CREATE INDEX lawful_consentevent_line_id_a04f23e1 ON public.lawful_consentevent USING btree (line_id);
CREATE INDEX lawful_consentevent_notice_id_1c7fd848 ON public.lawful_consentevent USING btree (notice_id);
CREATE INDEX lawful_consentevent_purpose_be076e01 ON public.lawful_consentevent USING btree (purpose);
CREATE INDEX lawful_consentevent_purpose_be076e01_like ON public.lawful_consentevent USING btree (purpose varchar_pattern_ops);
CREATE INDEX lawful_consentevent_reason_91181f41 ON public.lawful_consentevent USING btree (reason);
CREATE INDEX lawful_consentevent_reason_91181f41_like ON public.lawful_consentevent USING btree (reason varchar_pattern_ops);
CREATE INDEX lawful_consentevent_recipient_5d11efbc ON public.lawful_consentevent USING btree (recipient);
CREATE INDEX lawful_consentevent_recipient_5d11efbc_like ON public.lawful_consentevent USING btree (recipient varchar_pattern_ops);
CREATE INDEX lawful_consentevent_subject_id_448c704f ON public.lawful_consentevent USING btree (subject_id);
CREATE INDEX lawful_consentevidence_client_id_5d4f0af8 ON public.lawful_consentevidence USING btree (client_id);
CREATE INDEX lawful_consentevidence_record_id_937e0a91 ON public.lawful_consentevidence USING btree (record_id);
CREATE INDEX lawful_consentproposal_call_id_20f4219c ON public.lawful_consentproposal USING btree (call_id);
CREATE INDEX lawful_consentproposal_client_id_fab79315 ON public.lawful_consentproposal USING btree (client_id);
CREATE INDEX lawful_consentproposal_purpose_cd1f493a ON public.lawful_consentproposal USING btree (purpose);
CREATE INDEX lawful_consentproposal_purpose_cd1f493a_like ON public.lawful_consentproposal USING btree (purpose varchar_pattern_ops);
CREATE INDEX lawful_consentproposal_rule_ba20b187 ON public.lawful_consentproposal USING btree (rule);
CREATE INDEX lawful_consentproposal_rule_ba20b187_like ON public.lawful_consentproposal USING btree (rule varchar_pattern_ops);
CREATE INDEX lawful_consentstate_client_id_96c79bf8 ON public.lawful_consentstate USING btree (client_id);
CREATE INDEX lawful_consentstate_event_id_4962c27b ON public.lawful_consentstate USING btree (event_id);
CREATE INDEX lawful_consentstate_purpose_fb6dbaf3 ON public.lawful_consentstate USING btree (purpose);
CREATE INDEX lawful_consentstate_purpose_fb6dbaf3_like ON public.lawful_consentstate USING btree (purpose varchar_pattern_ops);
CREATE INDEX lawful_consentstate_recipient_47df021b ON public.lawful_consentstate USING btree (recipient);
CREATE INDEX lawful_consentstate_recipient_47df021b_like ON public.lawful_consentstate USING btree (recipient varchar_pattern_ops);
CREATE INDEX lawful_consentstate_subject_id_14b1fda6 ON public.lawful_consentstate USING btree (subject_id);
CREATE INDEX lawful_donotcall_client_id_714be0b8 ON public.lawful_donotcall USING btree (client_id);
CREATE INDEX lawful_endrecipe_client_id_fd2902dd ON public.lawful_endrecipe USING btree (client_id);
CREATE INDEX lawful_endrecipe_rule_id_f4cd27a8 ON public.lawful_endrecipe USING btree (rule_id);
CREATE INDEX lawful_linepurpose_line_id_d5539361 ON public.lawful_linepurpose USING btree (line_id);
CREATE INDEX lawful_linepurpose_purpose_id_a2caedb0 ON public.lawful_linepurpose USING btree (purpose_id);
CREATE INDEX lawful_linepurpose_purpose_id_a2caedb0_like ON public.lawful_linepurpose USING btree (purpose_id varchar_pattern_ops);
CREATE INDEX lawful_matter_client_id_0be57a99 ON public.lawful_matter USING btree (client_id);
CREATE INDEX lawful_matter_owner_id_0fb609e6 ON public.lawful_matter USING btree (owner_id);
CREATE INDEX lawful_matter_state_43b89d19 ON public.lawful_matter USING btree (state);
CREATE INDEX lawful_matter_state_43b89d19_like ON public.lawful_matter USING btree (state varchar_pattern_ops);
CREATE INDEX lawful_minor_client_id_d6a38045 ON public.lawful_minor USING btree (client_id);
CREATE INDEX lawful_notice_line_id_aff9d3b7 ON public.lawful_notice USING btree (line_id);
CREATE INDEX lawful_purpose_assessment_id_6bf40a5c ON public.lawful_purpose USING btree (assessment_id);
CREATE INDEX lawful_purpose_slug_5299b753_like ON public.lawful_purpose USING btree (slug varchar_pattern_ops);
CREATE INDEX lawful_purposecategory_purpose_id_fecb527c ON public.lawful_purposecategory USING btree (purpose_id);
CREATE INDEX lawful_purposecategory_purpose_id_fecb527c_like ON public.lawful_purposecategory USING btree (purpose_id varchar_pattern_ops);
CREATE INDEX lawful_purposeground_purpose_id_0ccf8ac4 ON public.lawful_purposeground USING btree (purpose_id);
CREATE INDEX lawful_purposeground_purpose_id_0ccf8ac4_like ON public.lawful_purposeground USING btree (purpose_id varchar_pattern_ops);
CREATE INDEX lawful_purposerevision_purpose_id_3cb94238 ON public.lawful_purposerevision USING btree (purpose_id);
CREATE INDEX lawful_purposerevision_purpose_id_3cb94238_like ON public.lawful_purposerevision USING btree (purpose_id varchar_pattern_ops);
CREATE INDEX lawful_recipient_client_id_6db48f45 ON public.lawful_recipient USING btree (client_id);
CREATE INDEX lawful_recipient_purposes_purpose_id_73810c8d ON public.lawful_recipient_purposes USING btree (purpose_id);
CREATE INDEX lawful_recipient_purposes_purpose_id_73810c8d_like ON public.lawful_recipient_purposes USING btree (purpose_id varchar_pattern_ops);
CREATE INDEX lawful_recipient_purposes_recipient_id_13776880 ON public.lawful_recipient_purposes USING btree (recipient_id);
CREATE INDEX lawful_recipient_slug_f376a028 ON public.lawful_recipient USING btree (slug);
CREATE INDEX lawful_recipient_slug_f376a028_like ON public.lawful_recipient USING btree (slug varchar_pattern_ops);
CREATE INDEX lawful_release_at_end_id_5b52ddf3 ON public.lawful_release USING btree (at_end_id);
CREATE INDEX lawful_release_client_id_7b79bb52 ON public.lawful_release USING btree (client_id);
CREATE INDEX lawful_requestproof_client_id_a842b1c0 ON public.lawful_requestproof USING btree (client_id);
CREATE INDEX lawful_requestproof_customer_id_de47c375 ON public.lawful_requestproof USING btree (customer_id);
CREATE INDEX lawful_requestproof_request_id_ab7d4780 ON public.lawful_requestproof USING btree (request_id);
CREATE INDEX lawful_requesttask_client_id_e46d7ebf ON public.lawful_requesttask USING btree (client_id);
CREATE INDEX lawful_requesttask_request_id_27502480 ON public.lawful_requesttask USING btree (request_id);
CREATE INDEX lawful_retentionevent_client_id_7d2c5786 ON public.lawful_retentionevent USING btree (client_id);
CREATE INDEX lawful_retentionevent_customer_id_efe79ee8 ON public.lawful_retentionevent USING btree (customer_id);
CREATE INDEX lawful_retentionrule_line_id_2b799eb7 ON public.lawful_retentionrule USING btree (line_id);
CREATE INDEX lawful_retentionrule_purpose_id_d5e23927 ON public.lawful_retentionrule USING btree (purpose_id);
CREATE INDEX lawful_retentionrule_purpose_id_d5e23927_like ON public.lawful_retentionrule USING btree (purpose_id varchar_pattern_ops);
CREATE INDEX lawful_retentionrun_client_id_efa2686d ON public.lawful_retentionrun USING btree (client_id);
CREATE INDEX lawful_staffnotice_version_10d910cb_like ON public.lawful_staffnotice USING btree (version varchar_pattern_ops);
CREATE INDEX lawful_staffreading_notice_id_b4c1b9ac ON public.lawful_staffreading USING btree (notice_id);
CREATE INDEX lawful_staffreading_user_id_3f910330 ON public.lawful_staffreading USING btree (user_id);
CREATE INDEX lawful_subjectrequest_call_id_e9650f37 ON public.lawful_subjectrequest USING btree (call_id);
CREATE INDEX lawful_subjectrequest_claimed_id_4fb525d9 ON public.lawful_subjectrequest USING btree (claimed_id);
CREATE INDEX lawful_subjectrequest_client_id_73c27708 ON public.lawful_subjectrequest USING btree (client_id);
CREATE INDEX lawful_subjectrequest_code_0c6a59c4_like ON public.lawful_subjectrequest USING btree (code varchar_pattern_ops);
CREATE INDEX lawful_subjectrequest_customer_id_c8ea914e ON public.lawful_subjectrequest USING btree (customer_id);
CREATE INDEX lawful_subjectrequest_line_id_41bc3d27 ON public.lawful_subjectrequest USING btree (line_id);
CREATE INDEX lawful_subjectrequest_owner_id_8ee62fa5 ON public.lawful_subjectrequest USING btree (owner_id);
CREATE INDEX lawful_subjectrequest_person_id_680d3376 ON public.lawful_subjectrequest USING btree (person_id);
CREATE INDEX lawful_subjectrequest_statement_id_0b88cd41 ON public.lawful_subjectrequest USING btree (statement_id);
CREATE INDEX lawful_transfer_recipient_id_df143432 ON public.lawful_transfer USING btree (recipient_id);
CREATE INDEX matter_latest ON public.lawful_matter USING btree (client_id, opened_at DESC);
CREATE INDEX message_due ON public.kernel_outboxmessage USING btree (next_at) WHERE ((state)::text = 'queued'::text);
CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON public.mfa_authenticator USING btree (user_id);
CREATE INDEX neighbour_entry_by_time ON public.control_neighbourentry USING btree (client_id, at DESC);
CREATE INDEX neighbour_entry_judged_in ON public.control_neighbourentry USING btree (judged_in);
CREATE INDEX neighbour_entry_of_call ON public.control_neighbourentry USING btree (call, at DESC);
CREATE INDEX neighbour_entry_of_subject ON public.control_neighbourentry USING btree (subject, at DESC);
CREATE INDEX neighbour_entry_of_user ON public.control_neighbourentry USING btree (user_id, at DESC);
CREATE INDEX neighbour_entry_unjudged ON public.control_neighbourentry USING btree (at) WHERE (judged_at IS NULL);
CREATE UNIQUE INDEX one_active_epoch_per_client ON public.custody_epoch USING btree (client_id) WHERE ((state)::text = 'active'::text);
CREATE UNIQUE INDEX one_active_policy ON public.control_policyversion USING btree (state) WHERE ((state)::text = 'active'::text);
CREATE UNIQUE INDEX one_approved_assessment_per_purpose ON public.lawful_assessment USING btree (purpose_id) WHERE ((state)::text = 'approved'::text);
CREATE UNIQUE INDEX one_current_index_key ON public.custody_indexkey USING btree (client_id, "column") WHERE ((state)::text = 'current'::text);
CREATE UNIQUE INDEX one_current_version_per_client ON public.custody_keyversion USING btree (client_id) WHERE ((state)::text = 'current'::text);
CREATE UNIQUE INDEX one_draft_assessment_per_purpose ON public.lawful_assessment USING btree (purpose_id) WHERE ((state)::text = 'draft'::text);
CREATE UNIQUE INDEX one_drill_at_a_time ON public.protection_drill USING btree (state) WHERE ((state)::text = ANY (ARRAY[('asked'::character varying)::text, ('running'::character varying)::text]));
CREATE UNIQUE INDEX one_end_recipe_per_rule ON public.lawful_endrecipe USING btree (client_id, rule_id) WHERE (NOT ((state)::text = 'ended'::text));
CREATE UNIQUE INDEX one_live_key_a_day ON public.custody_intakekey USING btree (day) WHERE (destroyed_at IS NULL);
CREATE UNIQUE INDEX one_open_transfer_per_recipient ON public.lawful_transfer USING btree (recipient_id, jurisdiction) WHERE ((ended_at IS NULL) AND (registered_at IS NOT NULL));
CREATE UNIQUE INDEX one_policy_in_shadow ON public.control_policyversion USING btree (state) WHERE ((state)::text = 'shadow'::text);
CREATE UNIQUE INDEX one_published_notice_per_line ON public.lawful_notice USING btree (line_id) WHERE ((state)::text = 'published'::text);
CREATE UNIQUE INDEX one_published_staff_notice ON public.lawful_staffnotice USING btree (state) WHERE ((state)::text = 'published'::text);
CREATE UNIQUE INDEX one_retention_run_per_client ON public.lawful_retentionrun USING btree (client_id) WHERE (finished_at IS NULL);
CREATE UNIQUE INDEX one_run_of_a_kind ON public.custody_keyrun USING btree (client_id, kind, "column") WHERE ((state)::text = ANY (ARRAY[('running'::character varying)::text, ('paused'::character varying)::text]));
CREATE UNIQUE INDEX one_subject_per_agent ON public.custody_subject USING btree (client_id, user_id) WHERE ((destroyed_at IS NULL) AND (NOT erasure_due) AND (user_id IS NOT NULL));
CREATE INDEX partners_partner_client_id_aa92c7c7 ON public.partners_partner USING btree (client_id);
CREATE INDEX partners_partner_owner_id_6f307e98 ON public.partners_partner USING btree (owner_id);
CREATE INDEX partners_partnercontact_client_id_88639af7 ON public.partners_partnercontact USING btree (client_id);
CREATE INDEX partners_partnercontact_partner_id_62b18d94 ON public.partners_partnercontact USING btree (partner_id);
CREATE INDEX partners_partnerservice_client_id_a95dd5f4 ON public.partners_partnerservice USING btree (client_id);
CREATE INDEX partners_partnerservice_partner_id_ce684db8 ON public.partners_partnerservice USING btree (partner_id);
CREATE INDEX partners_subprocessor_client_id_b02dc4d4 ON public.partners_subprocessor USING btree (client_id);
CREATE INDEX partners_subprocessor_other_id_041c3b61 ON public.partners_subprocessor USING btree (other_id);
CREATE INDEX partners_subprocessor_partner_id_d66686f8 ON public.partners_subprocessor USING btree (partner_id);
CREATE INDEX password_change_newest ON public.protection_passwordchange USING btree (user_id, at DESC);
CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);
CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));
CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);
CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);
CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);
CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);
CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);
CREATE INDEX proof_by_end ON public.lawful_requestproof USING btree (expires_at);
CREATE INDEX protection_identity_user_id_21837ae3 ON public.protection_identity USING btree (user_id);
CREATE INDEX protection_knowndevice_user_id_1929b463 ON public.protection_knowndevice USING btree (user_id);
CREATE INDEX protection_passwordchange_user_id_02b90246 ON public.protection_passwordchange USING btree (user_id);
CREATE INDEX protection_samlkey_until_8a0178ac ON public.protection_samlkey USING btree (until);
CREATE INDEX protection_servicekey_client_id_a713b8af ON public.protection_servicekey USING btree (client_id);
CREATE INDEX protection_servicekey_ended_for_2c50134b ON public.protection_servicekey USING btree (ended_for);
CREATE INDEX protection_servicekey_ended_for_2c50134b_like ON public.protection_servicekey USING btree (ended_for varchar_pattern_ops);
CREATE INDEX protection_servicekey_owner_id_af90ed2f ON public.protection_servicekey USING btree (owner_id);
CREATE INDEX protection_servicekey_prefix_495d8bb4_like ON public.protection_servicekey USING btree (prefix varchar_pattern_ops);
CREATE INDEX protection_servicekey_purpose_c209d742 ON public.protection_servicekey USING btree (purpose);
CREATE INDEX protection_servicekey_purpose_c209d742_like ON public.protection_servicekey USING btree (purpose varchar_pattern_ops);
CREATE INDEX protection_spentanswer_until_51139837 ON public.protection_spentanswer USING btree (until);
CREATE INDEX record_waits_for_floor ON public.custody_record USING btree (client_id, erase_at) WHERE (erase_at IS NOT NULL);
CREATE INDEX release_latest ON public.lawful_release USING btree (client_id, proposed_at DESC);
CREATE INDEX request_by_due ON public.lawful_subjectrequest USING btree (client_id, state, due_at);
CREATE INDEX residue_newest ON public.custody_residuescan USING btree (finished_at DESC);
CREATE UNIQUE INDEX retention_default_once ON public.lawful_retentionrule USING btree (jurisdiction, category, purpose_id) WHERE (line_id IS NULL);
CREATE INDEX retention_run_latest ON public.lawful_retentionrun USING btree (started_at DESC);
CREATE INDEX review_item_open ON public.control_item USING btree (campaign_id, decision);
CREATE UNIQUE INDEX role_held_once ON public.kernel_roleheld USING btree (user_id, role) WHERE (until IS NULL);
CREATE UNIQUE INDEX saml_key_newest_once ON public.protection_samlkey USING btree (use) WHERE (until IS NULL);
CREATE INDEX service_key_of_client ON public.protection_servicekey USING btree (client_id, created_at DESC);
CREATE INDEX session_of_user ON public.kernel_session USING btree (user_id, created_at DESC);
CREATE UNIQUE INDEX session_once_per_web_session ON public.kernel_session USING btree (key) WHERE (revoked_at IS NULL);
CREATE INDEX socialaccount_socialaccount_user_id_8146e70c ON public.socialaccount_socialaccount USING btree (user_id);
CREATE INDEX socialaccount_socialtoken_account_id_951f210e ON public.socialaccount_socialtoken USING btree (account_id);
CREATE INDEX socialaccount_socialtoken_app_id_636a42d7 ON public.socialaccount_socialtoken USING btree (app_id);
CREATE INDEX spool_leftfile_line_id_fad206dd ON public.spool_leftfile USING btree (line_id);
CREATE UNIQUE INDEX sub_processor_once ON public.partners_subprocessor USING btree (partner_id, other_id) WHERE (other_id IS NOT NULL);
CREATE UNIQUE INDEX subject_linked_to_one_person ON public.custody_personlink USING btree (subject_id) WHERE (revoked_at IS NULL);
CREATE INDEX subject_turn_due ON public.custody_subject USING btree (client_id) WHERE turn_due;
CREATE UNIQUE INDEX tie_once_while_it_holds ON public.control_tie USING btree (user_id, subject_id) WHERE (NOT ((state)::text = 'ended'::text));
CREATE INDEX training_of_person ON public.control_trainingrecord USING btree (person_id, course, valid_until);
CREATE INDEX tuning_of_kind ON public.control_tuning USING btree (kind, at DESC);
CREATE UNIQUE INDEX unique_authenticator_type ON public.mfa_authenticator USING btree (user_id, type) WHERE ((type)::text = ANY (ARRAY[('totp'::character varying)::text, ('recovery_codes'::character varying)::text]));
CREATE UNIQUE INDEX unique_primary_email ON public.account_emailaddress USING btree (user_id, "primary") WHERE "primary";
CREATE UNIQUE INDEX unique_verified_email ON public.account_emailaddress USING btree (email) WHERE verified;
CREATE UNIQUE INDEX user_external_id_once ON public.kernel_user USING btree (external_id) WHERE (NOT ((external_id)::text = ''::text));
CREATE UNIQUE INDEX vote_once_in_a_name ON public.kernel_vote USING btree (approval_id, in_name_of_id) WHERE (in_name_of_id IS NOT NULL);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.custody_ledgerentry FOR EACH ROW EXECUTE FUNCTION public.custody_ledgerentry_append_only();
CREATE TRIGGER decided_once BEFORE UPDATE ON public.control_item FOR EACH ROW EXECUTE FUNCTION public.control_decided_once();
CREATE TRIGGER follows BEFORE INSERT OR UPDATE ON public.lawful_consentstate FOR EACH ROW EXECUTE FUNCTION public.lawful_consentstate_follows();
CREATE TRIGGER frozen BEFORE INSERT ON public.control_grantedrecord FOR EACH ROW EXECUTE FUNCTION public.control_grant_frozen();
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.control_accessgrant FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('asked>dropped,asked>live,live>ended', 'asked');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.control_alert FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('acknowledged>closed_false,acknowledged>closed_true,acknowledged>suspected,open>acknowledged,open>closed_false,open>closed_true,open>suppressed,open>suspected,suspected>closed_false,suspected>closed_true', 'open');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.control_campaign FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('running>closed', 'running');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.control_emergencyaccess FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('ended>confirmed,ended>overdue,ended>questioned,open>ended,overdue>confirmed,overdue>questioned', 'open');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.control_neighbour FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('connected>ended,connected>paused,paused>connected,paused>ended', 'connected');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.control_policyversion FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('active>superseded,draft>active,draft>dropped,draft>shadow,shadow>active,shadow>dropped', 'draft');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.control_siemreceiver FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('active>failing,active>paused,active>removed,failing>active,failing>paused,failing>removed,paused>active,paused>removed,removed>active', 'active');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.control_tie FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('confirmed>ended,declared>confirmed,declared>ended', 'declared');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.kernel_approval FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('approved>executed,approved>expired,approved>withdrawn,pending>approved,pending>expired,pending>refused,pending>withdrawn', 'pending');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.kernel_bulkact FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('asked>dropped,asked>running,drawn>asked,drawn>dropped,drawn>running,running>done,running>stopped,stopped>ended,stopped>running', 'drawn');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.kernel_deadline FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('running>filed,running>not_applicable', 'running');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.kernel_finding FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('accepted>open,open>accepted,open>triaged,remediating>accepted,remediating>verifying,triaged>accepted,triaged>remediating,verifying>closed,verifying>remediating', 'open');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.kernel_incident FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('confirmed>contained,contained>eradicated,eradicated>closed,eradicated>notified,notified>closed,suspected>closed,suspected>confirmed', 'suspected');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.kernel_outboxmessage FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('failed>queued,queued>failed,queued>sent', 'queued');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.lawful_assessment FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('approved>lapsed,approved>replaced,draft>abandoned,draft>approved,lapsed>replaced', 'draft');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.lawful_endrecipe FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('asked>ended,asked>in_force,in_force>ended', 'asked');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.lawful_matter FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('asked>dropped,asked>held,asked>provisional,held>released,provisional>held,provisional>released', 'asked');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.lawful_purpose FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('active>retired,draft>active,draft>retired', 'draft');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.lawful_release FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('proposed>dropped,proposed>released', 'proposed');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.lawful_requesttask FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('failed>pending,held>pending,pending>done,pending>excepted,pending>failed,pending>held', 'pending');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.lawful_subjectrequest FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('accepted>planned,accepted>rejected,answered>closed,executing>answered,executing>rejected,executing>restricted,planned>executing,planned>rejected,received>accepted,received>rejected,received>verifying,rejected>closed,restricted>executing,verifying>accepted,verifying>rejected', 'received');
CREATE TRIGGER guard_state BEFORE INSERT OR UPDATE OF state ON public.partners_partner FOR EACH ROW EXECUTE FUNCTION public.kernel_guard_state('active>exiting,active>suspended,approved>active,approved>exiting,approved>suspended,assessing>approved,assessing>exited,assessing>exiting,assessing>suspended,exiting>exited,prospect>assessing,prospect>exited,prospect>exiting,suspended>approved,suspended>assessing,suspended>exiting', 'prospect');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_accessgrant FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('person_id,client,action,purpose,scope,target,call,ticket,records_digest,count,subjects,minutes,max_uses,policy,approval,entry,asked_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_alert FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('detector,kind,severity,actor,at,since,raised_at,facts,evidence');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_campaign FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('reference,roles,lines,started_by_id,started_at,due_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_emergencyaccess FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('person_id,client,purpose,starts_at,ends_at,max_subjects,max_rows,review_due,entry');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_emergencyuse FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('access_id,record,subject,permit,entry,at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_grantedrecord FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('grant_id,record,subject,fields');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_item FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('campaign_id,person_id,kind,target,facts,reviewer_id');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_neighbour FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('client_id,slug,kind,created_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_neighbourbatch FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('client_id,neighbour_id,way,received_at,taken,repeated,left_out,refused,digest,entry');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_neighbourentry FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('client_id,batch_id,neighbour_id,number,mark,at,act,rows,inside,who,commitment');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.control_tuning FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('kind,before,after,why,at,by,entry');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.kernel_approval FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('kind,parameters,digest,client,requester_id,requested_at,expires_at,quorum,roles,distinct_roles,policy');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.kernel_bulkact FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('kind,parameters,client,digest,total,left_out,drawn_by_id,drawn_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.kernel_bulkrow FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('act_id,place,target,sort,mark');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.kernel_check FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('finding_id,outcome,by,at,evidence,entry');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.kernel_deadline FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('rule,about_kind,about_id,started_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.kernel_note FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('finding_id,by,at,entry');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.kernel_roleheld FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('user_id,role,since,given_by,approval');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.kernel_vote FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('approval_id,requester_id,voter_id,choice,digest,at,entry,in_name_of_id');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.partners_partner FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('client_id,registered_at');
CREATE TRIGGER keep_columns BEFORE UPDATE ON public.partners_partnercontact FOR EACH ROW EXECUTE FUNCTION public.kernel_keep_columns('client_id,partner_id,duty,entry,named_at');
CREATE TRIGGER keep_due BEFORE UPDATE ON public.kernel_deadline FOR EACH ROW WHEN ((((old.state)::text <> 'running'::text) OR ((old.about_kind)::text <> 'request'::text))) EXECUTE FUNCTION public.kernel_keep_columns('due_at');
CREATE TRIGGER keep_written BEFORE UPDATE ON public.control_policyversion FOR EACH ROW EXECUTE FUNCTION public.control_keep_written();
CREATE TRIGGER keeps BEFORE UPDATE ON public.lawful_consentevent FOR EACH ROW EXECUTE FUNCTION public.lawful_consentevent_keeps();
CREATE TRIGGER keeps BEFORE UPDATE ON public.lawful_consentevidence FOR EACH ROW EXECUTE FUNCTION public.lawful_consentevidence_keeps();
CREATE TRIGGER keeps BEFORE DELETE OR UPDATE ON public.lawful_release FOR EACH ROW EXECUTE FUNCTION public.lawful_release_keeps();
CREATE TRIGGER never_changed BEFORE DELETE OR UPDATE ON public.control_trainingrecord FOR EACH ROW EXECUTE FUNCTION public.control_trainingrecord_never_changed();
CREATE TRIGGER never_changed BEFORE DELETE OR UPDATE ON public.control_trainingtakenback FOR EACH ROW EXECUTE FUNCTION public.control_trainingtakenback_never_changed();
CREATE TRIGGER never_changed BEFORE DELETE OR UPDATE ON public.lawful_certificate FOR EACH ROW EXECUTE FUNCTION public.lawful_certificate_never_changed();
CREATE TRIGGER never_changed BEFORE DELETE OR UPDATE ON public.lawful_certifiedbucket FOR EACH ROW EXECUTE FUNCTION public.lawful_certifiedbucket_never_changed();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON public.custody_ledgerentry FOR EACH STATEMENT EXECUTE FUNCTION public.custody_ledgerentry_append_only();
CREATE TRIGGER not_both BEFORE INSERT ON public.kernel_vote FOR EACH ROW EXECUTE FUNCTION public.kernel_not_both();
CREATE TRIGGER only_shrinks BEFORE UPDATE ON public.control_accessgrant FOR EACH ROW EXECUTE FUNCTION public.control_grant_only_shrinks();
CREATE TRIGGER outcome_once BEFORE UPDATE ON public.kernel_bulkrow FOR EACH ROW EXECUTE FUNCTION public.kernel_outcome_once();
CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();
CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();
CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();
CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();
CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();
CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();
CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();
CREATE TRIGGER report_once BEFORE UPDATE ON public.control_campaign FOR EACH ROW EXECUTE FUNCTION public.control_report_once();
CREATE TRIGGER report_once BEFORE UPDATE ON public.control_usagereport FOR EACH ROW EXECUTE FUNCTION public.control_usage_report_once();
CREATE TRIGGER roles_known BEFORE INSERT OR UPDATE OF roles ON public.kernel_user FOR EACH ROW EXECUTE FUNCTION public.kernel_roles_known();
CREATE TRIGGER stands AFTER INSERT ON public.lawful_consentevent FOR EACH ROW WHEN ((new.subject_id IS NOT NULL)) EXECUTE FUNCTION public.lawful_consent_stands();
CREATE TRIGGER stands_once_tied AFTER UPDATE OF subject_id ON public.lawful_consentevent FOR EACH ROW WHEN (((old.subject_id IS NULL) AND (new.subject_id IS NOT NULL))) EXECUTE FUNCTION public.lawful_consent_stands();
CREATE TRIGGER stays BEFORE DELETE OR UPDATE ON public.lawful_assessment FOR EACH ROW EXECUTE FUNCTION public.lawful_assessment_stays();
CREATE TRIGGER stays BEFORE UPDATE ON public.lawful_notice FOR EACH ROW EXECUTE FUNCTION public.lawful_notice_stays();
CREATE TRIGGER stays BEFORE UPDATE ON public.lawful_purposerevision FOR EACH ROW EXECUTE FUNCTION public.lawful_purposerevision_stays();
CREATE TRIGGER stays BEFORE UPDATE ON public.lawful_staffnotice FOR EACH ROW EXECUTE FUNCTION public.lawful_staffnotice_stays();
CREATE TRIGGER stays_revoked BEFORE UPDATE ON public.custody_permit FOR EACH ROW WHEN (((old.revoked_at IS NOT NULL) AND (new.revoked_at IS DISTINCT FROM old.revoked_at))) EXECUTE FUNCTION public.custody_permit_stays_revoked();
ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES public.account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.api_answeredrequest
    ADD CONSTRAINT api_answeredrequest_service_key_id_98810b1c_fk_protectio FOREIGN KEY (service_key_id) REFERENCES public.protection_servicekey(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.axes_accessattemptexpiration
    ADD CONSTRAINT axes_accessattemptex_access_attempt_id_6b73a47a_fk_axes_acce FOREIGN KEY (access_attempt_id) REFERENCES public.axes_accessattempt(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_accessgrant
    ADD CONSTRAINT control_accessgrant_person_id_53aaf0dc_fk_kernel_user_id FOREIGN KEY (person_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_alert
    ADD CONSTRAINT control_alert_incident_id_80ec85f4_fk_kernel_incident_id FOREIGN KEY (incident_id) REFERENCES public.kernel_incident(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_alert
    ADD CONSTRAINT control_alert_suppression_id_f3b124d4_fk_control_suppression_id FOREIGN KEY (suppression_id) REFERENCES public.control_suppression(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_campaign
    ADD CONSTRAINT control_campaign_started_by_id_78a6e950_fk_kernel_user_id FOREIGN KEY (started_by_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_emergencyaccess
    ADD CONSTRAINT control_emergencyacc_reviewed_by_id_26fd0c67_fk_kernel_us FOREIGN KEY (reviewed_by_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_emergencyaccess
    ADD CONSTRAINT control_emergencyaccess_person_id_5b43a6d9_fk_kernel_user_id FOREIGN KEY (person_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_emergencyuse
    ADD CONSTRAINT control_emergencyuse_access_id_c738fc8f_fk_control_e FOREIGN KEY (access_id) REFERENCES public.control_emergencyaccess(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_grantedrecord
    ADD CONSTRAINT control_grantedrecor_grant_id_aaa4607c_fk_control_a FOREIGN KEY (grant_id) REFERENCES public.control_accessgrant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_grantuse
    ADD CONSTRAINT control_grantuse_grant_id_1e345272_fk_control_accessgrant_id FOREIGN KEY (grant_id) REFERENCES public.control_accessgrant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_item
    ADD CONSTRAINT control_item_campaign_id_9fc6e937_fk_control_campaign_id FOREIGN KEY (campaign_id) REFERENCES public.control_campaign(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_item
    ADD CONSTRAINT control_item_person_id_5754c251_fk_kernel_user_id FOREIGN KEY (person_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_item
    ADD CONSTRAINT control_item_reviewer_id_608d54ad_fk_kernel_user_id FOREIGN KEY (reviewer_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_item
    ADD CONSTRAINT control_item_seen_by_id_9e972015_fk_kernel_user_id FOREIGN KEY (seen_by_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_neighbour
    ADD CONSTRAINT control_neighbour_client_id_a05397e9_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_neighbour
    ADD CONSTRAINT control_neighbour_owner_id_27d63f2f_fk_kernel_user_id FOREIGN KEY (owner_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_neighbourbatch
    ADD CONSTRAINT control_neighbourbat_neighbour_id_9d19fc98_fk_control_n FOREIGN KEY (neighbour_id) REFERENCES public.control_neighbour(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_neighbourbatch
    ADD CONSTRAINT control_neighbourbatch_client_id_1122b48e_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_neighbourentry
    ADD CONSTRAINT control_neighbourent_batch_id_0211c627_fk_control_n FOREIGN KEY (batch_id) REFERENCES public.control_neighbourbatch(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_neighbourentry
    ADD CONSTRAINT control_neighbourent_neighbour_id_c196be8f_fk_control_n FOREIGN KEY (neighbour_id) REFERENCES public.control_neighbour(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_neighbourentry
    ADD CONSTRAINT control_neighbourentry_client_id_4140f896_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_neighbourentry
    ADD CONSTRAINT control_neighbourentry_user_id_fcc0f4b8_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_shadowcount
    ADD CONSTRAINT control_shadowcount_version_id_c29254ce_fk_control_p FOREIGN KEY (version_id) REFERENCES public.control_policyversion(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_shift
    ADD CONSTRAINT control_shift_client_id_45efebbf_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_shift
    ADD CONSTRAINT control_shift_user_id_d68b5ab1_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_suppression
    ADD CONSTRAINT control_suppression_owner_id_b849a487_fk_kernel_user_id FOREIGN KEY (owner_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_task
    ADD CONSTRAINT control_task_client_id_27693d02_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_taskagent
    ADD CONSTRAINT control_taskagent_client_id_980153ad_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_taskagent
    ADD CONSTRAINT control_taskagent_task_id_b4169880_fk_control_task_id FOREIGN KEY (task_id) REFERENCES public.control_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_taskagent
    ADD CONSTRAINT control_taskagent_user_id_ac588f9b_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_tasksubject
    ADD CONSTRAINT control_tasksubject_client_id_453d7221_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_tasksubject
    ADD CONSTRAINT control_tasksubject_subject_id_3e985381_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_tasksubject
    ADD CONSTRAINT control_tasksubject_task_id_090c6ab0_fk_control_task_id FOREIGN KEY (task_id) REFERENCES public.control_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_tie
    ADD CONSTRAINT control_tie_client_id_1e40fed7_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_tie
    ADD CONSTRAINT control_tie_subject_id_35e1114d_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_tie
    ADD CONSTRAINT control_tie_user_id_071c31ac_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_trainingrecord
    ADD CONSTRAINT control_trainingrecord_person_id_dd8b2515_fk_kernel_user_id FOREIGN KEY (person_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_trainingtakenback
    ADD CONSTRAINT control_trainingtake_record_id_b83fc140_fk_control_t FOREIGN KEY (record_id) REFERENCES public.control_trainingrecord(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.control_usagereport
    ADD CONSTRAINT control_usagereport_looked_by_id_d93a26ad_fk_kernel_user_id FOREIGN KEY (looked_by_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_agentlogin
    ADD CONSTRAINT custody_agentlogin_client_id_89c9e762_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_agentlogin
    ADD CONSTRAINT custody_agentlogin_user_id_1b6155fb_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_bucket
    ADD CONSTRAINT custody_bucket_client_id_3e568639_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_bucket
    ADD CONSTRAINT custody_bucket_line_id_4e7ce7c3_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_call
    ADD CONSTRAINT custody_call_agent_id_36165616_fk_kernel_user_id FOREIGN KEY (agent_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_call
    ADD CONSTRAINT custody_call_client_id_b4047cb6_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_call
    ADD CONSTRAINT custody_call_customer_id_fa6b622b_fk_custody_customer_id FOREIGN KEY (customer_id) REFERENCES public.custody_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_call
    ADD CONSTRAINT custody_call_line_id_24e43cec_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_customer
    ADD CONSTRAINT custody_customer_client_id_cf987510_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_customer
    ADD CONSTRAINT custody_customer_person_id_04b2783e_fk_custody_person_id FOREIGN KEY (person_id) REFERENCES public.custody_person(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_customer
    ADD CONSTRAINT custody_customer_subject_id_db7cbedc_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_datakey
    ADD CONSTRAINT custody_datakey_bucket_id_cdfebe2f_fk_custody_bucket_id FOREIGN KEY (bucket_id) REFERENCES public.custody_bucket(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_datakey
    ADD CONSTRAINT custody_datakey_record_id_92712c80_fk_custody_record_id FOREIGN KEY (record_id) REFERENCES public.custody_record(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_datakey
    ADD CONSTRAINT custody_datakey_subject_id_c32826a5_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_epoch
    ADD CONSTRAINT custody_epoch_client_id_dd7dc15a_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_hold
    ADD CONSTRAINT custody_hold_client_id_5177784f_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_hold
    ADD CONSTRAINT custody_hold_record_id_4aecbfbe_fk_custody_record_id FOREIGN KEY (record_id) REFERENCES public.custody_record(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_identifiertoken
    ADD CONSTRAINT custody_identifierto_customer_id_f7eefccf_fk_custody_c FOREIGN KEY (customer_id) REFERENCES public.custody_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_identifiertoken
    ADD CONSTRAINT custody_identifiertoken_client_id_a0dcf511_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_indexkey
    ADD CONSTRAINT custody_indexkey_client_id_25488f3a_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_intakebatch
    ADD CONSTRAINT custody_intakebatch_line_id_76edfb4c_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_intakeitem
    ADD CONSTRAINT custody_intakeitem_batch_id_34f7f7e9_fk_custody_intakebatch_id FOREIGN KEY (batch_id) REFERENCES public.custody_intakebatch(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_intakeitem
    ADD CONSTRAINT custody_intakeitem_call_id_29406ecd_fk_custody_call_id FOREIGN KEY (call_id) REFERENCES public.custody_call(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_intakeitem
    ADD CONSTRAINT custody_intakeitem_key_id_843c5a9e_fk_custody_intakekey_id FOREIGN KEY (key_id) REFERENCES public.custody_intakekey(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_intakeitem
    ADD CONSTRAINT custody_intakeitem_line_id_fe9dd249_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_intakematch
    ADD CONSTRAINT custody_intakematch_item_id_7ff25f63_fk_custody_intakeitem_id FOREIGN KEY (item_id) REFERENCES public.custody_intakeitem(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_keyrun
    ADD CONSTRAINT custody_keyrun_client_id_7add771a_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_keyversion
    ADD CONSTRAINT custody_keyversion_client_id_5383b215_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_leg
    ADD CONSTRAINT custody_leg_call_id_9c1db83a_fk_custody_call_id FOREIGN KEY (call_id) REFERENCES public.custody_call(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_leg
    ADD CONSTRAINT custody_leg_client_id_8dc495e7_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_leg
    ADD CONSTRAINT custody_leg_subject_id_6cb11b46_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_line
    ADD CONSTRAINT custody_line_client_id_3ec07e1f_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_mention
    ADD CONSTRAINT custody_mention_client_id_91892715_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_mention
    ADD CONSTRAINT custody_mention_record_id_72792c59_fk_custody_record_id FOREIGN KEY (record_id) REFERENCES public.custody_record(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_mention
    ADD CONSTRAINT custody_mention_subject_id_6b2aa727_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_objectmove
    ADD CONSTRAINT custody_objectmove_client_id_4106c7d6_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_objectmove
    ADD CONSTRAINT custody_objectmove_run_id_bd2da4d0_fk_custody_keyrun_id FOREIGN KEY (run_id) REFERENCES public.custody_keyrun(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_permitrecord
    ADD CONSTRAINT custody_permitrecord_item_id_744c10d6_fk_custody_intakeitem_id FOREIGN KEY (item_id) REFERENCES public.custody_intakeitem(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_permitrecord
    ADD CONSTRAINT custody_permitrecord_permit_id_df63f055_fk_custody_permit_id FOREIGN KEY (permit_id) REFERENCES public.custody_permit(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_permitrecord
    ADD CONSTRAINT custody_permitrecord_record_id_e5137d3a_fk_custody_record_id FOREIGN KEY (record_id) REFERENCES public.custody_record(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_person
    ADD CONSTRAINT custody_person_client_id_4e70c129_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_personlink
    ADD CONSTRAINT custody_personlink_client_id_e44711a2_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_personlink
    ADD CONSTRAINT custody_personlink_person_id_be5094f8_fk_custody_person_id FOREIGN KEY (person_id) REFERENCES public.custody_person(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_personlink
    ADD CONSTRAINT custody_personlink_subject_id_0c4523ac_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_record
    ADD CONSTRAINT custody_record_bucket_id_b1c4f99d_fk_custody_bucket_id FOREIGN KEY (bucket_id) REFERENCES public.custody_bucket(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_record
    ADD CONSTRAINT custody_record_call_id_4a95e4cc_fk_custody_call_id FOREIGN KEY (call_id) REFERENCES public.custody_call(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_record
    ADD CONSTRAINT custody_record_client_id_55d713bb_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_record
    ADD CONSTRAINT custody_record_customer_id_f660b573_fk_custody_customer_id FOREIGN KEY (customer_id) REFERENCES public.custody_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_record
    ADD CONSTRAINT custody_record_leg_id_d4813e17_fk_custody_leg_id FOREIGN KEY (leg_id) REFERENCES public.custody_leg(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_record
    ADD CONSTRAINT custody_record_line_id_412a97e0_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_record
    ADD CONSTRAINT custody_record_subject_id_0ed7bd86_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_redactioncorrection
    ADD CONSTRAINT custody_redactioncor_client_id_e8661356_fk_custody_c FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_redactioncorrection
    ADD CONSTRAINT custody_redactioncorrection_call_id_14deaf48_fk_custody_call_id FOREIGN KEY (call_id) REFERENCES public.custody_call(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_sealedfield
    ADD CONSTRAINT custody_sealedfield_client_id_8066b5cd_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_sealedfield
    ADD CONSTRAINT custody_sealedfield_record_id_79217838_fk_custody_record_id FOREIGN KEY (record_id) REFERENCES public.custody_record(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_searchtoken
    ADD CONSTRAINT custody_searchtoken_client_id_f4069a70_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_searchtoken
    ADD CONSTRAINT custody_searchtoken_record_id_7eb98ae2_fk_custody_record_id FOREIGN KEY (record_id) REFERENCES public.custody_record(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_subject
    ADD CONSTRAINT custody_subject_client_id_e840060c_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.custody_subject
    ADD CONSTRAINT custody_subject_user_id_f699a32e_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_approval
    ADD CONSTRAINT kernel_approval_executed_by_id_f0edb577_fk_kernel_user_id FOREIGN KEY (executed_by_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_approval
    ADD CONSTRAINT kernel_approval_requester_id_23378d3f_fk_kernel_user_id FOREIGN KEY (requester_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_bulkact
    ADD CONSTRAINT kernel_bulkact_carried_by_id_1cd84001_fk_kernel_user_id FOREIGN KEY (carried_by_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_bulkact
    ADD CONSTRAINT kernel_bulkact_drawn_by_id_8c5a96a1_fk_kernel_user_id FOREIGN KEY (drawn_by_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_bulkrow
    ADD CONSTRAINT kernel_bulkrow_act_id_f1f57328_fk_kernel_bulkact_id FOREIGN KEY (act_id) REFERENCES public.kernel_bulkact(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_check
    ADD CONSTRAINT kernel_check_finding_id_6dd40ded_fk_kernel_finding_id FOREIGN KEY (finding_id) REFERENCES public.kernel_finding(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_deadline
    ADD CONSTRAINT kernel_deadline_waived_by_id_f05fba7e_fk_kernel_approval_id FOREIGN KEY (waived_by_id) REFERENCES public.kernel_approval(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_delegation
    ADD CONSTRAINT kernel_delegation_deputy_id_d5ab8ae7_fk_kernel_user_id FOREIGN KEY (deputy_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_delegation
    ADD CONSTRAINT kernel_delegation_principal_id_5f58fea6_fk_kernel_user_id FOREIGN KEY (principal_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_finding
    ADD CONSTRAINT kernel_finding_accepted_by_id_448c1d6f_fk_kernel_approval_id FOREIGN KEY (accepted_by_id) REFERENCES public.kernel_approval(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_finding
    ADD CONSTRAINT kernel_finding_closed_by_check_id_7f4ac9df_fk_kernel_check_id FOREIGN KEY (closed_by_check_id) REFERENCES public.kernel_check(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_finding
    ADD CONSTRAINT kernel_finding_owner_id_780baf4e_fk_kernel_user_id FOREIGN KEY (owner_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_finding
    ADD CONSTRAINT kernel_finding_recurs_id_fa07db34_fk_kernel_finding_id FOREIGN KEY (recurs_id) REFERENCES public.kernel_finding(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_incident
    ADD CONSTRAINT kernel_incident_no_notice_id_9f3f6514_fk_kernel_approval_id FOREIGN KEY (no_notice_id) REFERENCES public.kernel_approval(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_note
    ADD CONSTRAINT kernel_note_finding_id_0b155cc3_fk_kernel_finding_id FOREIGN KEY (finding_id) REFERENCES public.kernel_finding(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_outboxmessage
    ADD CONSTRAINT kernel_outboxmessage_recipient_id_a1c9e0a4_fk_kernel_user_id FOREIGN KEY (recipient_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_roleheld
    ADD CONSTRAINT kernel_roleheld_user_id_7ed12899_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_session
    ADD CONSTRAINT kernel_session_user_id_27f661fe_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_user_groups
    ADD CONSTRAINT kernel_user_groups_group_id_ba62c490_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_user_groups
    ADD CONSTRAINT kernel_user_groups_user_id_4c0ac2e9_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_user_user_permissions
    ADD CONSTRAINT kernel_user_user_per_permission_id_0a9527c4_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_user_user_permissions
    ADD CONSTRAINT kernel_user_user_permissions_user_id_8ea11596_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_vote
    ADD CONSTRAINT kernel_vote_approval_id_f9cfd096_fk_kernel_approval_id FOREIGN KEY (approval_id) REFERENCES public.kernel_approval(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_vote
    ADD CONSTRAINT kernel_vote_in_name_of_id_c58e1943_fk_kernel_user_id FOREIGN KEY (in_name_of_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_vote
    ADD CONSTRAINT kernel_vote_requester_id_4db1b83d_fk_kernel_user_id FOREIGN KEY (requester_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_vote
    ADD CONSTRAINT kernel_vote_voter_id_032c6f77_fk_kernel_user_id FOREIGN KEY (voter_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_assessment
    ADD CONSTRAINT lawful_assessment_purpose_id_2ced5f2d_fk_lawful_purpose_slug FOREIGN KEY (purpose_id) REFERENCES public.lawful_purpose(slug) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_bucketcounted
    ADD CONSTRAINT lawful_bucketcounted_bucket_id_4fa96913_fk_custody_bucket_id FOREIGN KEY (bucket_id) REFERENCES public.custody_bucket(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_bucketcounted
    ADD CONSTRAINT lawful_bucketcounted_end_recipe_id_6f34397e_fk_lawful_en FOREIGN KEY (end_recipe_id) REFERENCES public.lawful_endrecipe(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_bucketcounted
    ADD CONSTRAINT lawful_bucketcounted_release_id_cc8d7d0e_fk_lawful_release_id FOREIGN KEY (release_id) REFERENCES public.lawful_release(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_callinghours
    ADD CONSTRAINT lawful_callinghours_client_id_e407709d_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_callinghours
    ADD CONSTRAINT lawful_callinghours_line_id_d3919881_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_certificate
    ADD CONSTRAINT lawful_certificate_client_id_fb5e9a54_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_certifiedbucket
    ADD CONSTRAINT lawful_certifiedbuck_certificate_id_4de5767b_fk_lawful_ce FOREIGN KEY (certificate_id) REFERENCES public.lawful_certificate(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_certifiedbucket
    ADD CONSTRAINT lawful_certifiedbucket_bucket_id_66276642_fk_custody_bucket_id FOREIGN KEY (bucket_id) REFERENCES public.custody_bucket(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentevent
    ADD CONSTRAINT lawful_consentevent_call_id_9c0244d7_fk_custody_call_id FOREIGN KEY (call_id) REFERENCES public.custody_call(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentevent
    ADD CONSTRAINT lawful_consentevent_client_id_c274a944_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentevent
    ADD CONSTRAINT lawful_consentevent_evidence_id_a2fcb80d_fk_lawful_co FOREIGN KEY (evidence_id) REFERENCES public.lawful_consentevidence(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentevent
    ADD CONSTRAINT lawful_consentevent_line_id_a04f23e1_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentevent
    ADD CONSTRAINT lawful_consentevent_notice_id_1c7fd848_fk_lawful_notice_id FOREIGN KEY (notice_id) REFERENCES public.lawful_notice(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentevent
    ADD CONSTRAINT lawful_consentevent_subject_id_448c704f_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentevidence
    ADD CONSTRAINT lawful_consentevidence_client_id_5d4f0af8_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentevidence
    ADD CONSTRAINT lawful_consentevidence_record_id_937e0a91_fk_custody_record_id FOREIGN KEY (record_id) REFERENCES public.custody_record(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentproposal
    ADD CONSTRAINT lawful_consentproposal_call_id_20f4219c_fk_custody_call_id FOREIGN KEY (call_id) REFERENCES public.custody_call(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentproposal
    ADD CONSTRAINT lawful_consentproposal_client_id_fab79315_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentstate
    ADD CONSTRAINT lawful_consentstate_client_id_96c79bf8_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentstate
    ADD CONSTRAINT lawful_consentstate_event_id_4962c27b_fk_lawful_consentevent_id FOREIGN KEY (event_id) REFERENCES public.lawful_consentevent(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_consentstate
    ADD CONSTRAINT lawful_consentstate_subject_id_14b1fda6_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_donotcall
    ADD CONSTRAINT lawful_donotcall_client_id_714be0b8_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_endrecipe
    ADD CONSTRAINT lawful_endrecipe_client_id_fd2902dd_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_endrecipe
    ADD CONSTRAINT lawful_endrecipe_rule_id_f4cd27a8_fk_lawful_retentionrule_id FOREIGN KEY (rule_id) REFERENCES public.lawful_retentionrule(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_linepurpose
    ADD CONSTRAINT lawful_linepurpose_line_id_d5539361_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_linepurpose
    ADD CONSTRAINT lawful_linepurpose_purpose_id_a2caedb0_fk_lawful_purpose_slug FOREIGN KEY (purpose_id) REFERENCES public.lawful_purpose(slug) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_matter
    ADD CONSTRAINT lawful_matter_client_id_0be57a99_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_matter
    ADD CONSTRAINT lawful_matter_owner_id_0fb609e6_fk_kernel_user_id FOREIGN KEY (owner_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_minor
    ADD CONSTRAINT lawful_minor_client_id_d6a38045_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_minor
    ADD CONSTRAINT lawful_minor_subject_id_1631914a_fk_custody_subject_id FOREIGN KEY (subject_id) REFERENCES public.custody_subject(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_notice
    ADD CONSTRAINT lawful_notice_line_id_aff9d3b7_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_purpose
    ADD CONSTRAINT lawful_purpose_assessment_id_6bf40a5c_fk_lawful_assessment_id FOREIGN KEY (assessment_id) REFERENCES public.lawful_assessment(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_purposecategory
    ADD CONSTRAINT lawful_purposecatego_purpose_id_fecb527c_fk_lawful_pu FOREIGN KEY (purpose_id) REFERENCES public.lawful_purpose(slug) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_purposeground
    ADD CONSTRAINT lawful_purposeground_purpose_id_0ccf8ac4_fk_lawful_purpose_slug FOREIGN KEY (purpose_id) REFERENCES public.lawful_purpose(slug) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_purposerevision
    ADD CONSTRAINT lawful_purposerevisi_purpose_id_3cb94238_fk_lawful_pu FOREIGN KEY (purpose_id) REFERENCES public.lawful_purpose(slug) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_recipient
    ADD CONSTRAINT lawful_recipient_client_id_6db48f45_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_recipient_purposes
    ADD CONSTRAINT lawful_recipient_pur_purpose_id_73810c8d_fk_lawful_pu FOREIGN KEY (purpose_id) REFERENCES public.lawful_purpose(slug) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_recipient_purposes
    ADD CONSTRAINT lawful_recipient_pur_recipient_id_13776880_fk_lawful_re FOREIGN KEY (recipient_id) REFERENCES public.lawful_recipient(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_release
    ADD CONSTRAINT lawful_release_at_end_id_5b52ddf3_fk_lawful_endrecipe_id FOREIGN KEY (at_end_id) REFERENCES public.lawful_endrecipe(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_release
    ADD CONSTRAINT lawful_release_client_id_7b79bb52_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_requestproof
    ADD CONSTRAINT lawful_requestproof_client_id_a842b1c0_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_requestproof
    ADD CONSTRAINT lawful_requestproof_customer_id_de47c375_fk_custody_customer_id FOREIGN KEY (customer_id) REFERENCES public.custody_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_requestproof
    ADD CONSTRAINT lawful_requestproof_request_id_ab7d4780_fk_lawful_su FOREIGN KEY (request_id) REFERENCES public.lawful_subjectrequest(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_requesttask
    ADD CONSTRAINT lawful_requesttask_client_id_e46d7ebf_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_requesttask
    ADD CONSTRAINT lawful_requesttask_request_id_27502480_fk_lawful_su FOREIGN KEY (request_id) REFERENCES public.lawful_subjectrequest(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_retentionevent
    ADD CONSTRAINT lawful_retentioneven_customer_id_efe79ee8_fk_custody_c FOREIGN KEY (customer_id) REFERENCES public.custody_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_retentionevent
    ADD CONSTRAINT lawful_retentionevent_client_id_7d2c5786_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_retentionrule
    ADD CONSTRAINT lawful_retentionrule_line_id_2b799eb7_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_retentionrule
    ADD CONSTRAINT lawful_retentionrule_purpose_id_d5e23927_fk_lawful_purpose_slug FOREIGN KEY (purpose_id) REFERENCES public.lawful_purpose(slug) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_retentionrun
    ADD CONSTRAINT lawful_retentionrun_client_id_efa2686d_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_staffreading
    ADD CONSTRAINT lawful_staffreading_notice_id_b4c1b9ac_fk_lawful_staffnotice_id FOREIGN KEY (notice_id) REFERENCES public.lawful_staffnotice(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_staffreading
    ADD CONSTRAINT lawful_staffreading_user_id_3f910330_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectreques_claimed_id_4fb525d9_fk_custody_c FOREIGN KEY (claimed_id) REFERENCES public.custody_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectreques_customer_id_c8ea914e_fk_custody_c FOREIGN KEY (customer_id) REFERENCES public.custody_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectreques_statement_id_0b88cd41_fk_custody_r FOREIGN KEY (statement_id) REFERENCES public.custody_record(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectrequest_call_id_e9650f37_fk_custody_call_id FOREIGN KEY (call_id) REFERENCES public.custody_call(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectrequest_client_id_73c27708_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectrequest_line_id_41bc3d27_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectrequest_owner_id_8ee62fa5_fk_kernel_user_id FOREIGN KEY (owner_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_subjectrequest
    ADD CONSTRAINT lawful_subjectrequest_person_id_680d3376_fk_custody_person_id FOREIGN KEY (person_id) REFERENCES public.custody_person(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.lawful_transfer
    ADD CONSTRAINT lawful_transfer_recipient_id_df143432_fk_lawful_recipient_id FOREIGN KEY (recipient_id) REFERENCES public.lawful_recipient(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_partner
    ADD CONSTRAINT partners_partner_client_id_aa92c7c7_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_partner
    ADD CONSTRAINT partners_partner_owner_id_6f307e98_fk_kernel_user_id FOREIGN KEY (owner_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_partnercontact
    ADD CONSTRAINT partners_partnercont_partner_id_62b18d94_fk_partners_ FOREIGN KEY (partner_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_partnercontact
    ADD CONSTRAINT partners_partnercontact_client_id_88639af7_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_partnerservice
    ADD CONSTRAINT partners_partnerserv_partner_id_ce684db8_fk_partners_ FOREIGN KEY (partner_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_partnerservice
    ADD CONSTRAINT partners_partnerservice_client_id_a95dd5f4_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_subprocessor
    ADD CONSTRAINT partners_subprocesso_partner_id_d66686f8_fk_partners_ FOREIGN KEY (partner_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_subprocessor
    ADD CONSTRAINT partners_subprocessor_client_id_b02dc4d4_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.partners_subprocessor
    ADD CONSTRAINT partners_subprocessor_other_id_041c3b61_fk_partners_partner_id FOREIGN KEY (other_id) REFERENCES public.partners_partner(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);
ALTER TABLE ONLY public.protection_arrival
    ADD CONSTRAINT protection_arrival_session_id_c809c104_fk_kernel_session_id FOREIGN KEY (session_id) REFERENCES public.kernel_session(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.protection_identity
    ADD CONSTRAINT protection_identity_user_id_21837ae3_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.protection_knowndevice
    ADD CONSTRAINT protection_knowndevice_user_id_1929b463_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.protection_passwordchange
    ADD CONSTRAINT protection_passwordchange_user_id_02b90246_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.protection_servicekey
    ADD CONSTRAINT protection_servicekey_client_id_a713b8af_fk_custody_client_id FOREIGN KEY (client_id) REFERENCES public.custody_client(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.protection_servicekey
    ADD CONSTRAINT protection_servicekey_owner_id_af90ed2f_fk_kernel_user_id FOREIGN KEY (owner_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_social_account_id_951f210e_fk_socialacc FOREIGN KEY (account_id) REFERENCES public.socialaccount_socialaccount(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_social_app_id_636a42d7_fk_socialacc FOREIGN KEY (app_id) REFERENCES public.socialaccount_socialapp(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_user_id_8146e70c_fk_kernel_user_id FOREIGN KEY (user_id) REFERENCES public.kernel_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.spool_leftfile
    ADD CONSTRAINT spool_leftfile_line_id_fad206dd_fk_custody_line_id FOREIGN KEY (line_id) REFERENCES public.custody_line(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.kernel_vote
    ADD CONSTRAINT vote_knows_the_requester FOREIGN KEY (approval_id, requester_id) REFERENCES public.kernel_approval(id, requester_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE public.control_neighbourbatch ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.control_neighbourentry ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.control_shift ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.control_task ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.control_taskagent ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.control_tasksubject ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.control_tie ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_agentlogin ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_bucket ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_call ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_customer ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_epoch ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_identifiertoken ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_indexkey ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_keyversion ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_leg ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_mention ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_objectmove ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_person ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_personlink ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_redactioncorrection ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_sealedfield ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_searchtoken ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.custody_subject ENABLE ROW LEVEL SECURITY;
CREATE POLICY keeper_moves ON public.custody_epoch FOR UPDATE USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_moves ON public.custody_sealedfield FOR UPDATE USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_bucket FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_customer FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_epoch FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_hold FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_identifiertoken FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_indexkey FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_keyversion FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_record FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_sealedfield FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
CREATE POLICY keeper_reads ON public.custody_subject FOR SELECT USING ((CURRENT_USER = 'cw_keeper'::name));
ALTER TABLE public.lawful_callinghours ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_consentevent ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_consentevidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_consentproposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_consentstate ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_donotcall ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_minor ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_requestproof ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_requesttask ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_retentionevent ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.lawful_subjectrequest ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_client ON public.control_neighbourbatch USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.control_neighbourentry USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.control_shift USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.control_task USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.control_taskagent USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.control_tasksubject USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.control_tie USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_agentlogin USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_bucket USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_call USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_customer USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_epoch USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_hold USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_identifiertoken USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_indexkey USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_keyversion USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_leg USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_mention USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_objectmove USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_person USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_personlink USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_record USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_redactioncorrection USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_sealedfield USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_searchtoken USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.custody_subject USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_callinghours USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_consentevent USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_consentevidence USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_consentproposal USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_consentstate USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_donotcall USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_minor USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_requestproof USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_requesttask USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_retentionevent USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.lawful_subjectrequest USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.partners_partner USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.partners_partnercontact USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.partners_partnerservice USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
CREATE POLICY own_client ON public.partners_subprocessor USING ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid)) WITH CHECK ((client_id = (NULLIF(current_setting('callwarden.client'::text, true), ''::text))::uuid));
ALTER TABLE public.partners_partner ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.partners_partnercontact ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.partners_partnerservice ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.partners_subprocessor ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA public TO cw_app;
GRANT USAGE ON SCHEMA public TO cw_keeper;
GRANT USAGE ON SCHEMA public TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.procrastinate_jobs TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_emailaddress TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailaddress_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailaddress_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_emailconfirmation TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailconfirmation_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.account_emailconfirmation_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.api_answeredrequest TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_group TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_group_permissions TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_permissions_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.auth_group_permissions_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.auth_permission TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.auth_permission_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.auth_permission_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.axes_accessattempt TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.axes_accessattempt_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.axes_accessattempt_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.axes_accessattemptexpiration TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.axes_accessfailurelog TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.axes_accessfailurelog_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.axes_accessfailurelog_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.axes_accesslog TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.axes_accesslog_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.axes_accesslog_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_accessday TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.control_accessday_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.control_accessday_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_accessgrant TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_alert TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_campaign TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_canary TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_emergencyaccess TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_emergencyuse TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_grantedrecord TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_grantuse TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_item TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_neighbour TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_neighbourbatch TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_neighbourentry TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_policyversion TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_shadowcount TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_shift TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_siemreceiver TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_suppression TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_task TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_taskagent TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_tasksubject TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_tie TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_trainingrecord TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_trainingtakenback TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_tuning TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_usagereport TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_watchpart TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.control_watchstate TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_agentlogin TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_bucket TO cw_app;
GRANT SELECT ON TABLE public.custody_bucket TO cw_keeper;
GRANT DELETE ON TABLE public.custody_bucketkey TO cw_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.custody_bucketkey TO cw_keeper;
GRANT SELECT(bucket_id) ON TABLE public.custody_bucketkey TO cw_app;
GRANT SELECT(suite) ON TABLE public.custody_bucketkey TO cw_app;
GRANT SELECT(epoch_id) ON TABLE public.custody_bucketkey TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_call TO cw_app;
GRANT SELECT ON TABLE public.custody_checkpoint TO cw_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.custody_checkpoint TO cw_sequencer;
GRANT SELECT ON TABLE public.custody_checkpointsink TO cw_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.custody_checkpointsink TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_client TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_clocklook TO cw_app;
GRANT SELECT ON TABLE public.custody_clocklook TO cw_keeper;
GRANT SELECT ON TABLE public.custody_cosignature TO cw_app;
GRANT SELECT,INSERT ON TABLE public.custody_cosignature TO cw_sequencer;
GRANT SELECT,USAGE ON SEQUENCE public.custody_cosignature_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.custody_cosignature_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_customer TO cw_app;
GRANT SELECT ON TABLE public.custody_customer TO cw_keeper;
GRANT INSERT,DELETE,UPDATE ON TABLE public.custody_datakey TO cw_app;
GRANT SELECT ON TABLE public.custody_datakey TO cw_keeper;
GRANT SELECT(record_id) ON TABLE public.custody_datakey TO cw_app;
GRANT SELECT(generation) ON TABLE public.custody_datakey TO cw_app;
GRANT UPDATE(wrapped) ON TABLE public.custody_datakey TO cw_keeper;
GRANT SELECT(bucket_id) ON TABLE public.custody_datakey TO cw_app;
GRANT SELECT(subject_id) ON TABLE public.custody_datakey TO cw_app;
GRANT UPDATE(version) ON TABLE public.custody_datakey TO cw_keeper;
GRANT SELECT(version) ON TABLE public.custody_datakey TO cw_app;
GRANT UPDATE(wrap) ON TABLE public.custody_datakey TO cw_keeper;
GRANT SELECT(wrap) ON TABLE public.custody_datakey TO cw_app;
GRANT SELECT,INSERT ON TABLE public.custody_epoch TO cw_app;
GRANT SELECT ON TABLE public.custody_epoch TO cw_keeper;
GRANT UPDATE(state) ON TABLE public.custody_epoch TO cw_keeper;
GRANT UPDATE(state) ON TABLE public.custody_epoch TO cw_app;
GRANT UPDATE(destroyed_at) ON TABLE public.custody_epoch TO cw_app;
GRANT UPDATE(approval) ON TABLE public.custody_epoch TO cw_app;
GRANT UPDATE(destroy_after) ON TABLE public.custody_epoch TO cw_keeper;
GRANT UPDATE(retired_at) ON TABLE public.custody_epoch TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_hold TO cw_app;
GRANT SELECT ON TABLE public.custody_hold TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_identifiertoken TO cw_app;
GRANT SELECT ON TABLE public.custody_identifiertoken TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_indexkey TO cw_app;
GRANT SELECT ON TABLE public.custody_indexkey TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_intakebatch TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_intakeitem TO cw_app;
GRANT SELECT ON TABLE public.custody_intakeitem TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_intakekey TO cw_app;
GRANT SELECT ON TABLE public.custody_intakekey TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_intakematch TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.custody_intakematch_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.custody_intakematch_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_keyrun TO cw_app;
GRANT SELECT ON TABLE public.custody_keyrun TO cw_keeper;
GRANT UPDATE(step) ON TABLE public.custody_keyrun TO cw_keeper;
GRANT UPDATE("position") ON TABLE public.custody_keyrun TO cw_keeper;
GRANT UPDATE(done) ON TABLE public.custody_keyrun TO cw_keeper;
GRANT UPDATE(wal_bytes) ON TABLE public.custody_keyrun TO cw_keeper;
GRANT UPDATE(moved_at) ON TABLE public.custody_keyrun TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_keyversion TO cw_app;
GRANT SELECT ON TABLE public.custody_keyversion TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_ledgerdetail TO cw_app;
GRANT DELETE ON TABLE public.custody_ledgerdetail TO cw_sequencer;
GRANT SELECT(entry) ON TABLE public.custody_ledgerdetail TO cw_sequencer;
GRANT SELECT ON TABLE public.custody_ledgerentry TO cw_app;
GRANT SELECT ON TABLE public.custody_ledgerentry TO cw_keeper;
GRANT SELECT,INSERT,DELETE ON TABLE public.custody_ledgerentry TO cw_sequencer;
GRANT SELECT,INSERT ON TABLE public.custody_ledgerpending TO cw_app;
GRANT SELECT ON TABLE public.custody_ledgerpending TO cw_keeper;
GRANT SELECT,DELETE,UPDATE ON TABLE public.custody_ledgerpending TO cw_sequencer;
GRANT SELECT,USAGE ON SEQUENCE public.custody_ledgerpending_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.custody_ledgerpending_id_seq TO cw_sequencer;
GRANT SELECT ON TABLE public.custody_ledgeryear TO cw_app;
GRANT SELECT ON TABLE public.custody_ledgeryear TO cw_keeper;
GRANT SELECT,INSERT,UPDATE ON TABLE public.custody_ledgeryear TO cw_sequencer;
GRANT UPDATE(erasure_approved_at) ON TABLE public.custody_ledgeryear TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_leg TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_line TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_lookupcount TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.custody_lookupcount_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.custody_lookupcount_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_mention TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_objectmove TO cw_app;
GRANT SELECT,INSERT ON TABLE public.custody_permit TO cw_app;
GRANT SELECT ON TABLE public.custody_permit TO cw_keeper;
GRANT UPDATE(revoked_at) ON TABLE public.custody_permit TO cw_app;
GRANT SELECT,INSERT ON TABLE public.custody_permitrecord TO cw_app;
GRANT SELECT ON TABLE public.custody_permitrecord TO cw_keeper;
GRANT UPDATE(uses) ON TABLE public.custody_permitrecord TO cw_keeper;
GRANT SELECT,USAGE ON SEQUENCE public.custody_permitrecord_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.custody_permitrecord_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_person TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_personlink TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_record TO cw_app;
GRANT SELECT ON TABLE public.custody_record TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_redactioncorrection TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_residuecontrol TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_residuescan TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_sealedfield TO cw_app;
GRANT SELECT ON TABLE public.custody_sealedfield TO cw_keeper;
GRANT UPDATE(blob) ON TABLE public.custody_sealedfield TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_searchtoken TO cw_app;
GRANT SELECT ON TABLE public.custody_sequencerstate TO cw_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.custody_sequencerstate TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.custody_subject TO cw_app;
GRANT SELECT ON TABLE public.custody_subject TO cw_keeper;
GRANT DELETE ON TABLE public.custody_subjectkey TO cw_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.custody_subjectkey TO cw_keeper;
GRANT SELECT(id) ON TABLE public.custody_subjectkey TO cw_app;
GRANT SELECT(generation) ON TABLE public.custody_subjectkey TO cw_app;
GRANT SELECT(suite) ON TABLE public.custody_subjectkey TO cw_app;
GRANT SELECT(epoch_id) ON TABLE public.custody_subjectkey TO cw_app;
GRANT SELECT(subject_id) ON TABLE public.custody_subjectkey TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_content_type TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.django_content_type_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.django_content_type_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_migrations TO cw_app;
GRANT SELECT ON TABLE public.django_migrations TO cw_sequencer;
GRANT SELECT,USAGE ON SEQUENCE public.django_migrations_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.django_migrations_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.django_session TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_approval TO cw_app;
GRANT SELECT ON TABLE public.kernel_approval TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_approvalterms TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_bulkact TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_bulkrow TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_check TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_deadline TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_delegation TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_finding TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_incident TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_note TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_outboxmessage TO cw_app;
GRANT SELECT(id) ON TABLE public.kernel_outboxmessage TO cw_sequencer;
GRANT SELECT(state) ON TABLE public.kernel_outboxmessage TO cw_sequencer;
GRANT SELECT(template) ON TABLE public.kernel_outboxmessage TO cw_sequencer;
GRANT SELECT(parameters) ON TABLE public.kernel_outboxmessage TO cw_sequencer;
GRANT SELECT(channel) ON TABLE public.kernel_outboxmessage TO cw_sequencer;
GRANT SELECT(created_at) ON TABLE public.kernel_outboxmessage TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_ownrole TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_roleheld TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_scanverdict TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_session TO cw_app;
GRANT SELECT ON TABLE public.kernel_session TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_standing TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_user TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_user_groups TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.kernel_user_groups_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.kernel_user_groups_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_user_user_permissions TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.kernel_user_user_permissions_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.kernel_user_user_permissions_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.kernel_vote TO cw_app;
GRANT SELECT ON TABLE public.kernel_vote TO cw_keeper;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_assessment TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_bucketcounted TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_callinghours TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_categoryrule TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_certificate TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_certifiedbucket TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_consentevent TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_consentevidence TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_consentproposal TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_consentstate TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_donotcall TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_endrecipe TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_linepurpose TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_matter TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_minor TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_notice TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_purpose TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_purposecategory TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_purposeground TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_purposerevision TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_recipient TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_recipient_purposes TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.lawful_recipient_purposes_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.lawful_recipient_purposes_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_release TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_requestproof TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_requesttask TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_retentionevent TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_retentionrule TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_retentionrun TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_staffnotice TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_staffreading TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_subjectrequest TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lawful_transfer TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mfa_authenticator TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.mfa_authenticator_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.mfa_authenticator_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partners_partner TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partners_partnercontact TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partners_partnerservice TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.partners_subprocessor TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.procrastinate_events TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.procrastinate_events_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.procrastinate_events_id_seq TO cw_sequencer;
GRANT SELECT,USAGE ON SEQUENCE public.procrastinate_jobs_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.procrastinate_jobs_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.procrastinate_periodic_defers TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.procrastinate_periodic_defers_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.procrastinate_periodic_defers_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.procrastinate_workers TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.procrastinate_workers_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.procrastinate_workers_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_arrival TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_backup TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_drill TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_identity TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_knowndevice TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_passwordchange TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_restore TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_samlkey TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_servicekey TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.protection_spentanswer TO cw_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.socialaccount_socialaccount TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.socialaccount_socialaccount_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.socialaccount_socialaccount_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.socialaccount_socialapp TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.socialaccount_socialapp_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.socialaccount_socialapp_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.socialaccount_socialtoken TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.socialaccount_socialtoken_id_seq TO cw_app;
GRANT SELECT,USAGE ON SEQUENCE public.socialaccount_socialtoken_id_seq TO cw_sequencer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.spool_leftfile TO cw_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT,USAGE ON SEQUENCES TO cw_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT,USAGE ON SEQUENCES TO cw_sequencer;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cw_app;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL transaction_timeout = 0;
SET LOCAL client_encoding = 'UTF8';
SET LOCAL standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', true);
SET LOCAL check_function_bodies = false;
SET LOCAL xmloption = content;
SET LOCAL client_min_messages = warning;
SET LOCAL row_security = off;
SELECT pg_catalog.setval('public.account_emailaddress_id_seq', 1, false);
SELECT pg_catalog.setval('public.account_emailconfirmation_id_seq', 1, false);
SELECT pg_catalog.setval('public.auth_group_id_seq', 1, false);
SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.axes_accessattempt_id_seq', 1, false);
SELECT pg_catalog.setval('public.axes_accessfailurelog_id_seq', 1, false);
SELECT pg_catalog.setval('public.axes_accesslog_id_seq', 1, false);
SELECT pg_catalog.setval('public.control_accessday_id_seq', 1, false);
SELECT pg_catalog.setval('public.custody_cosignature_id_seq', 1, false);
SELECT pg_catalog.setval('public.custody_intakematch_id_seq', 1, false);
SELECT pg_catalog.setval('public.custody_ledgerpending_id_seq', 1, false);
SELECT pg_catalog.setval('public.custody_lookupcount_id_seq', 1, false);
SELECT pg_catalog.setval('public.custody_permitrecord_id_seq', 1, false);
SELECT pg_catalog.setval('public.kernel_user_groups_id_seq', 1, false);
SELECT pg_catalog.setval('public.kernel_user_user_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.lawful_recipient_purposes_id_seq', 1, false);
SELECT pg_catalog.setval('public.mfa_authenticator_id_seq', 1, false);
SELECT pg_catalog.setval('public.procrastinate_events_id_seq', 1, false);
SELECT pg_catalog.setval('public.procrastinate_jobs_id_seq', 1, false);
SELECT pg_catalog.setval('public.procrastinate_periodic_defers_id_seq', 1, false);
SELECT pg_catalog.setval('public.procrastinate_workers_id_seq', 1, false);
SELECT pg_catalog.setval('public.socialaccount_socialaccount_id_seq', 1, false);
SELECT pg_catalog.setval('public.socialaccount_socialapp_id_seq', 1, false);
SELECT pg_catalog.setval('public.socialaccount_socialtoken_id_seq', 1, false);
INSERT INTO public.django_migrations (app, name, applied) VALUES
    ('contenttypes', '0001_initial', now()),
    ('contenttypes', '0002_remove_content_type_name', now()),
    ('auth', '0001_initial', now()),
    ('auth', '0002_alter_permission_name_max_length', now()),
    ('auth', '0003_alter_user_email_max_length', now()),
    ('auth', '0004_alter_user_username_opts', now()),
    ('auth', '0005_alter_user_last_login_null', now()),
    ('auth', '0006_require_contenttypes_0002', now()),
    ('auth', '0007_alter_validators_add_error_messages', now()),
    ('auth', '0008_alter_user_username_max_length', now()),
    ('auth', '0009_alter_user_last_name_max_length', now()),
    ('auth', '0010_alter_group_name_max_length', now()),
    ('auth', '0011_update_proxy_permissions', now()),
    ('auth', '0012_alter_user_first_name_max_length', now()),
    ('kernel', '0001_initial', now()),
    ('account', '0001_initial', now()),
    ('account', '0002_email_max_length', now()),
    ('account', '0003_alter_emailaddress_create_unique_verified_email', now()),
    ('account', '0004_alter_emailaddress_drop_unique_email', now()),
    ('account', '0005_emailaddress_idx_upper_email', now()),
    ('account', '0006_emailaddress_lower', now()),
    ('account', '0007_emailaddress_idx_email', now()),
    ('account', '0008_emailaddress_unique_primary_email_fixup', now()),
    ('account', '0009_emailaddress_unique_primary_email', now()),
    ('custody', '0001_initial', now()),
    ('protection', '0001_initial', now()),
    ('api', '0001_initial', now()),
    ('axes', '0001_initial', now()),
    ('axes', '0002_auto_20151217_2044', now()),
    ('axes', '0003_auto_20160322_0929', now()),
    ('axes', '0004_auto_20181024_1538', now()),
    ('axes', '0005_remove_accessattempt_trusted', now()),
    ('axes', '0006_remove_accesslog_trusted', now()),
    ('axes', '0007_alter_accessattempt_unique_together', now()),
    ('axes', '0008_accessfailurelog', now()),
    ('axes', '0009_add_session_hash', now()),
    ('axes', '0010_accessattemptexpiration', now()),
    ('custody', '0002_walls', now()),
    ('custody', '0003_service_permits', now()),
    ('custody', '0004_permits_stand', now()),
    ('custody', '0005_key_runs', now()),
    ('custody', '0006_indexes_and_days', now()),
    ('custody', '0007_clock_mark', now()),
    ('custody', '0008_registry', now()),
    ('custody', '0009_permits_by_principal', now()),
    ('custody', '0010_residue_scans', now()),
    ('custody', '0011_restricted_inside_floors', now()),
    ('custody', '0012_consent_proof', now()),
    ('custody', '0013_object_moves', now()),
    ('custody', '0014_ledger_sinks', now()),
    ('custody', '0015_calls_listed', now()),
    ('kernel', '0002_guards', now()),
    ('kernel', '0003_bulk', now()),
    ('kernel', '0004_frozen_accounts', now()),
    ('kernel', '0005_people_rights', now()),
    ('kernel', '0006_voting', now()),
    ('control', '0001_initial', now()),
    ('control', '0002_siem_receivers', now()),
    ('control', '0003_access', now()),
    ('control', '0004_grants', now()),
    ('control', '0005_emergency', now()),
    ('control', '0006_work', now()),
    ('control', '0007_alerts', now()),
    ('control', '0008_reviews', now()),
    ('control', '0009_neighbours', now()),
    ('control', '0010_usage_reports', now()),
    ('control', '0011_siem_by_two', now()),
    ('control', '0012_training', now()),
    ('custody', '0016_ledger_years', now()),
    ('custody', '0017_agents_after_erasure', now()),
    ('custody', '0018_spoken_of', now()),
    ('custody', '0019_redaction_corrections', now()),
    ('custody', '0020_request_statement', now()),
    ('custody', '0021_known_since', now()),
    ('kernel', '0007_session_place', now()),
    ('kernel', '0008_own_roles', now()),
    ('kernel', '0009_standing', now()),
    ('kernel', '0010_approval_terms', now()),
    ('kernel', '0011_deadlines_recounted', now()),
    ('lawful', '0001_initial', now()),
    ('lawful', '0002_walls', now()),
    ('lawful', '0003_certificates', now()),
    ('lawful', '0004_registry', now()),
    ('lawful', '0005_registry_guards', now()),
    ('lawful', '0006_matters', now()),
    ('lawful', '0007_requests', now()),
    ('lawful', '0008_retention', now()),
    ('lawful', '0009_transfers_proposed', now()),
    ('lawful', '0010_consent', now()),
    ('lawful', '0011_consent_states', now()),
    ('lawful', '0012_consent_proof', now()),
    ('lawful', '0013_consent_in_writing', now()),
    ('lawful', '0014_notice_covers', now()),
    ('lawful', '0015_requests_of_others', now()),
    ('lawful', '0016_anonymisation', now()),
    ('lawful', '0017_proof_ways', now()),
    ('lawful', '0018_hold_of_a_set', now()),
    ('lawful', '0019_requests_lifted', now()),
    ('lawful', '0020_requests_corrected', now()),
    ('lawful', '0021_ground_on_record', now()),
    ('lawful', '0022_notice_told_since', now()),
    ('mfa', '0001_initial', now()),
    ('mfa', '0002_authenticator_timestamps', now()),
    ('mfa', '0003_authenticator_type_uniq', now()),
    ('partners', '0001_initial', now()),
    ('procrastinate', '0001_initial', now()),
    ('procrastinate', '0002_drop_started_at_column', now()),
    ('procrastinate', '0003_drop_started_at_column', now()),
    ('procrastinate', '0004_drop_procrastinate_version_table', now()),
    ('procrastinate', '0005_fix_procrastinate_fetch_job', now()),
    ('procrastinate', '0006_fix_trigger_status_events_insert', now()),
    ('procrastinate', '0007_add_queueing_lock_column', now()),
    ('procrastinate', '0008_close_fetch_job_race_condition', now()),
    ('procrastinate', '0009_add_defer_job_function', now()),
    ('procrastinate', '0010_add_procrastinate_periodic_defers', now()),
    ('procrastinate', '0011_add_foreign_key_index', now()),
    ('procrastinate', '0012_add_locks_to_periodic_defer', now()),
    ('procrastinate', '0013_fix_procrastinate_defer_periodic_job', now()),
    ('procrastinate', '0014_add_finish_job_and_retry_job_functions', now()),
    ('procrastinate', '0015_add_trigger_on_job_deletion', now()),
    ('procrastinate', '0016_delete_finished_jobs', now()),
    ('procrastinate', '0017_add_checks_to_finish_job', now()),
    ('procrastinate', '0018_add_checks_to_retry_job', now()),
    ('procrastinate', '0019_fix_finish_job_compat_issue', now()),
    ('procrastinate', '0020_add_index_on_procrastinate_jobs', now()),
    ('procrastinate', '0021_add_kwargs_to_defer_periodic_job', now()),
    ('procrastinate', '0022_null_locks_excluded', now()),
    ('procrastinate', '0023_remove_old_finish_job_function', now()),
    ('procrastinate', '0024_job_id_bigint', now()),
    ('procrastinate', '0025_add_models', now()),
    ('procrastinate', '0026_add_job_priority', now()),
    ('procrastinate', '0027_add_periodic_job_priority', now()),
    ('procrastinate', '0028_add_cancel_states', now()),
    ('procrastinate', '0029_add_additional_params_to_retry_job', now()),
    ('procrastinate', '0030_alter_procrastinateevent_options', now()),
    ('procrastinate', '0031_add_indexes_for_fetch_job', now()),
    ('procrastinate', '0032_pre_cancel_notification', now()),
    ('procrastinate', '0033_post_cancel_notification', now()),
    ('procrastinate', '0034_pre_add_heartbeat', now()),
    ('procrastinate', '0035_post_add_heartbeat', now()),
    ('procrastinate', '0036_add_worker_model', now()),
    ('procrastinate', '0037_pre_batch_defer_jobs', now()),
    ('procrastinate', '0038_post_batch_defer_jobs', now()),
    ('procrastinate', '0039_pre_priority_lock_fetch_job', now()),
    ('procrastinate', '0040_pre_retry_failed_job', now()),
    ('procrastinate', '0041_post_retry_failed_job', now()),
    ('protection', '0002_keeper_sees_approvals', now()),
    ('protection', '0003_backup', now()),
    ('protection', '0004_retention_scope', now()),
    ('protection', '0005_dialler_scope', now()),
    ('protection', '0006_requests_of_others', now()),
    ('protection', '0007_backup_log', now()),
    ('protection', '0008_decide_scope', now()),
    ('protection', '0009_people_sign_in', now()),
    ('protection', '0010_provision_scope', now()),
    ('protection', '0011_work_scope', now()),
    ('protection', '0012_identities', now()),
    ('protection', '0013_neighbours_scope', now()),
    ('protection', '0014_spent_answers', now()),
    ('protection', '0015_gateway_scope', now()),
    ('protection', '0016_saml_keys', now()),
    ('protection', '0017_arrivals', now()),
    ('sessions', '0001_initial', now()),
    ('socialaccount', '0001_initial', now()),
    ('socialaccount', '0002_token_max_lengths', now()),
    ('socialaccount', '0003_extra_data_default_dict', now()),
    ('socialaccount', '0004_app_provider_id_settings', now()),
    ('socialaccount', '0005_socialtoken_nullable_app', now()),
    ('socialaccount', '0006_alter_socialaccount_extra_data', now()),
    ('spool', '0001_initial', now());
